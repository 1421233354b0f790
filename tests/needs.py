"""What some tests need beside Python: where it is missing they skip and say so, but never in CI."""

import os

import pytest

SKIP_NOTHING = "AGENTICAI_TESTS_SKIP_NOTHING"
"""Set where everything that tests need is there, as in CI: then its absence is a failure."""


def needs(there: bool, otherwise: str) -> pytest.MarkDecorator:
    """Mark tests to skip where something is not there; `otherwise` says what is missing and how to get it."""
    return pytest.mark.skipif(not there and SKIP_NOTHING not in os.environ, reason=otherwise)
