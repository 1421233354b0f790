"""What SQS and its event source mappings are held to, and the operations on queues that the engine lacks."""
