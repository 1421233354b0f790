"""The engines that answer the AWS API behind the gateway, and the processes in which they run functions."""
