"""The storage of projects: a table of items and a bucket of objects, as ports with their AWS adapters."""
