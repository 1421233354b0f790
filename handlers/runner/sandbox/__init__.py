"""Runs code that nobody has read, in namespaces of its own, and says how its tests ended. See docs/sandbox.md.

`process` runs any program, and `verdict` judges what one of the `runners` reported. The sandbox needs Linux 5.14;
elsewhere `process` raises `errors.NoSandbox`.
"""
