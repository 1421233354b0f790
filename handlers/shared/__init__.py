"""The Lambda layer: the models, ports and adapters that all functions share, and the worker contract."""
