"""Measures how fast the dashboard is on a full stack, and what it costs the engine: `make dashboard-speed`."""
