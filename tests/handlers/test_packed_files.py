"""Files are packed into a request unchanged, within limits, and nothing else is unpacked."""

import base64
import gzip
import json
import random

import pytest

from shared.packed_files import TooLarge, pack, unpack


def packed(document: object) -> str:
    return base64.b64encode(gzip.compress(json.dumps(document).encode(), mtime=0)).decode()


def test_files_arrive_byte_for_byte_and_the_same_files_as_the_same_text() -> None:
    files = {"a/b.py": b"x = 1\n", "ä.bin": bytes(range(256)), "empty": b""}
    assert unpack(pack(files)) == files
    assert pack(files) == pack(dict(files))
    assert base64.b64decode(pack(files))[4:8] == bytes(4), "no time of packing"


def test_what_does_not_fit_is_too_large() -> None:
    noise = random.Random(1)
    with pytest.raises(TooLarge, match=r"more than the 4,194,304 of a run"):
        pack({f"{number}": noise.randbytes(500_000) for number in range(10)})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "ä",
        packed([]),
        packed({"a": 1}),
        packed({"a": "?"}),
        packed({"../a": ""}),
        packed({"a": "", "A": ""}),
        packed({"a": "A" * 700_000}),
        packed({"a": ""})[:-8],
        f"{packed({'a': ''})}\n",
    ],
)
def test_what_is_no_such_text_or_not_safe_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        unpack(text)


def test_as_much_is_unpacked_as_all_files_can_be_and_no_more() -> None:
    full = b'{"a": ""}'.ljust(16 * 1024 * 1024)
    for content, fits in ((full, True), (full + b" ", False)):
        text = base64.b64encode(gzip.compress(content, compresslevel=1)).decode()
        if fits:
            assert unpack(text) == {"a": b""}
        else:
            with pytest.raises(TooLarge, match="the project has more than the 16,777,216 bytes of a run"):
                unpack(text)


def test_what_cannot_be_unpacked_says_so() -> None:
    with pytest.raises(ValueError, match="the files cannot be unpacked: "):
        unpack("AAAA")


def test_what_swells_beyond_all_bounds_is_refused() -> None:
    bomb = base64.b64encode(gzip.compress(b"0" * 100_000_000)).decode()
    assert len(bomb) < 200_000
    with pytest.raises(TooLarge):
        unpack(bomb)
