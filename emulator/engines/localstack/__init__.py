"""LocalStack as the engine: its runtime without Docker, its container, and a reverse proxy before any LocalStack."""
