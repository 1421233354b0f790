"""The API: projects in, and everything that the agents made of them out."""
