"""The dashboard: queues, dead letters, projects, scores and cost of a stack, in a browser."""
