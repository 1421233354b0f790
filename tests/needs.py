"""Requirements of some tests beyond Python: if one is missing, the test is skipped with a reason, except in CI."""

import os

import pytest

SKIP_NOTHING = "AGENTICAI_TESTS_SKIP_NOTHING"
"""Set if all requirements of tests are met, as in CI: then a missing one is a failure."""


def needs(there: bool, otherwise: str) -> pytest.MarkDecorator:
    """Mark tests to skip if a requirement is missing; `otherwise` says which, and how to install it."""
    return pytest.mark.skipif(not there and SKIP_NOTHING not in os.environ, reason=otherwise)
