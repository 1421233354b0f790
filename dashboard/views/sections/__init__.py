"""The parts of a project's page, one module each, with a function `draw` that draws it."""
