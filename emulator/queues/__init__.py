"""AWS's rules for SQS and its event source mappings, and the SQS operations that the engine does not implement."""
