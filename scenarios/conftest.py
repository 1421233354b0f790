"""Makes pytest collect the scenarios of the library."""

from agenticai.scenarios.plugin import pytest_collect_file, pytest_unconfigure

__all__ = ["pytest_collect_file", "pytest_unconfigure"]
