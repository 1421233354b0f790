"""The runner: runs the tests of generated software in a sandbox, and reports the outcome of each."""
