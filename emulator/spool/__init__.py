"""Dictionaries whose values are stored in a file, so that memory does not grow with the engine's data."""
