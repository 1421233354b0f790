"""What is deployed, and how: the template, the bundles, the targets and the deployment."""
