"""IAM's policy language: what a document says, and which of its statements apply to a call."""
