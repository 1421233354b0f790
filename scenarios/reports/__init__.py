"""Reports of replayed scenarios: one document, and the formats made from it."""
