"""The implementations of the commands, with their output."""
