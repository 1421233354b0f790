"""Lets LocalStack's own runtime work without Docker and Java: an executor of functions, and a DynamoDB provider."""
