"""What is reported of replayed scenarios: one document, and the forms that it is read in."""
