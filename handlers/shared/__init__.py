"""The Lambda layer: the models, ports and adapters that every function shares, and the worker contract."""
