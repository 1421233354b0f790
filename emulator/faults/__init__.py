"""Fault injection: rules, when they apply, and what they do to a call, a delivery or a model's reply."""
