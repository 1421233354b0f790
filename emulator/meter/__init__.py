"""Counts AWS calls that pass the gateway, by caller and project."""
