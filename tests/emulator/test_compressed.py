"""How much of a compressed body is inflated to check its size."""

import gzip

import pytest

from agenticai.emulator.engines.ministack.compressed import inflates_within


@pytest.mark.parametrize(
    ("body", "within"),
    [
        (gzip.compress(b"x" * 10, mtime=0), True),
        (gzip.compress(b"x" * 11, mtime=0), False),
        (gzip.compress(b"x" * 6, mtime=0) + gzip.compress(b"x" * 5, mtime=0), False),
        (gzip.compress(b"x" * 5, mtime=0) * 2, True),
        (gzip.compress(b"", mtime=0), True),
        (b"", True),
        (b"no gzip", True),
        (gzip.compress(b"x" * 10, mtime=0)[:-9], True),
        (gzip.compress(b"x" * 10, mtime=0) + b"and more", True),
    ],
)
def test_members_count_together_and_what_is_no_gzip_is_left_to_its_reader(body: bytes, within: bool) -> None:
    assert inflates_within(10, body) is within
