"""The bench's engine: AWS and Gemini on this machine, in one process on one port of 127.0.0.1."""
