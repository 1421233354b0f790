"""The analysers: each reads certain files and reports faults in them."""
