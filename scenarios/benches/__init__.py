"""Where scenarios are replayed: a deployed stack, on an engine started for it or on an existing one."""
