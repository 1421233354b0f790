"""The format of scenario files: what may be asked of the factory, what goes wrong meanwhile, and what is expected."""
