"""Replays a scenario again and again, each time with another fault at one of its calls."""
