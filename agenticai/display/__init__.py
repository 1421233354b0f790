"""The output of commands: text for a terminal, or JSON for programs."""
