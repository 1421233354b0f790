"""What the command line does, each command with what it shows."""
