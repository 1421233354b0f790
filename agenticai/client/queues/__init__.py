"""A stack's queues and dead letters: what waits in them, why it came there, and how it is sent back.

Nothing here writes to a terminal: the command line and a dashboard show what these services return.
"""
