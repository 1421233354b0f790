"""Where scenarios are replayed: a deployed stack, on an engine of its own or brought up by somebody else."""
