"""Runs unreviewed code in its own namespaces, and reports the results of its tests. See docs/sandbox.md.

`process` runs any program, and `verdict` judges the report of one of the `runners`. The sandbox needs Linux 5.14;
elsewhere `process` raises `errors.NoSandbox`.
"""
