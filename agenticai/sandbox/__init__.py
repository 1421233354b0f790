"""Runs the tests of a downloaded project in the sandbox of `runner.sandbox`. See docs/sandbox.md."""
