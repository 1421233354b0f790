"""The language model as a port, and its adapters."""
