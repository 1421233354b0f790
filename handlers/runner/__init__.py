"""The runner: runs the tests of what was produced, in a sandbox, and says how each of them ended."""
