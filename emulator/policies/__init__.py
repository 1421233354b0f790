"""IAM's policy language: parses documents, and finds the statements that apply to a call."""
