"""The PM agent: turns requirements into a plan that the other agents can carry out."""
