"""Scenarios replayed on several targets, and in what these differ."""
