"""Replays a scenario: takes its steps, and checks its end against its expectations and the invariants."""
