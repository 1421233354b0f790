"""A scenario replayed: its steps taken, its end held to what its file expects and to the invariants."""
