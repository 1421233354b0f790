"""What every part of the engine stands on: its clock, its state folder and locks, its errors, and its records."""
