"""HTTP at the engine's single port: connections, the guard, request limits, and the operations of requests."""
