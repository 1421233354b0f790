"""The ports in memory: hand-written fakes that keep the same contracts as their AWS adapters."""
