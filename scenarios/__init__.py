"""End-to-end tests of workflows on a running stack: their format, how they are replayed and judged, and the reports."""
