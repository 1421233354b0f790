"""The ports in memory: hand-written fakes that fulfil the same contracts as the AWS adapters."""
