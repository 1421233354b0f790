"""The base of all parts of the engine: its clock, state folder, locks, errors and records."""
