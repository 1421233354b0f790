"""Whole workflows on a running stack: the client of its API, the bench it runs on, the demo, and how they look."""
