"""Scenarios replayed on several targets, and the differences between these."""
