"""Runners of generated software: the port, and the Lambda function behind it."""
