"""Dictionaries whose values rest in a file, so that memory does not grow with what is stored in the engine."""
