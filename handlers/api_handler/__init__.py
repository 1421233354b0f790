"""The REST API: accepts projects, and returns everything that the agents made of them."""
