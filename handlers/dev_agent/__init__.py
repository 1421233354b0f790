"""The Dev agent: writes the files of one task at a time."""
