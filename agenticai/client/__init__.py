"""The client of a deployed stack, for commands and programs: a typed API, following a project, and downloads."""
