"""The parts of a project's page, one module each; `draw` draws it."""
