"""Runs code that nobody has read, in namespaces of its own, and says how its tests ended. See docs/sandbox.md.

`projects` runs a project's tests, `process` any program. Both need Linux 5.14; elsewhere they raise `errors.NotRun`.
"""
