"""The format of scenario files: the requests to the factory, the faults meanwhile, and the expected end."""
