"""The Ops agent: packages a revision so that a person can deploy it."""
