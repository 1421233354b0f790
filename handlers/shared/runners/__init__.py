"""Whoever runs produced software: the port, and the Lambda function behind it."""
