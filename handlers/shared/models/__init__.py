"""What the agents speak about: projects, plans, files, reports, messages, and the timeline."""
