"""The data that agents exchange and store: projects, plans, files, reports, messages, and the timeline."""
