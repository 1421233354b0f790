"""What was asked of AWS, by whom and for which project: counted as it passes the gateway."""
