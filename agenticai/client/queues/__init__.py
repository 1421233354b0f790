"""A stack's queues and dead letters: what is in them, why it is there, and how to redrive it.

Nothing here writes to a terminal: the command line and the dashboard show what these services return.
"""
