"""Deployment: the template, the bundles, the targets, and the operations on stacks."""
