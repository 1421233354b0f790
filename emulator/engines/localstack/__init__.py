"""LocalStack as the engine: its runtime without Docker, and a reverse proxy before that or before one that is there."""
