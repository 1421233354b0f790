"""Whole workflows on a running stack: what they are, how they are replayed and judged, and how that is shown."""
