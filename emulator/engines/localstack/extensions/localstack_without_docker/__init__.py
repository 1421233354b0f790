"""LocalStack's own runtime without Docker and without Java: an executor of functions, and a provider of DynamoDB."""
