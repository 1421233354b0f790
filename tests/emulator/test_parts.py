"""The parts of an upload: read on demand, and limited in their total size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenticai.emulator.engines.ministack.parts import Parts, TooLarge, bound_upload
from agenticai.emulator.http.size_limits import OBJECT_BYTES
from agenticai.emulator.spool.bodies import PIECE_BYTES, Bodies
from agenticai.emulator.spool.file import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path) as made:
        yield made


def part(body: bytes, size: int | None = None) -> dict[str, Any]:
    return {"body": body, "size": len(body) if size is None else size, "etag": "e"}


def test_a_part_is_what_it_was(spool: Spool) -> None:
    parts = Parts(spool)
    parts[2], parts[1] = part(b"two"), part(b"one")
    parts[1] = part(b"one again")
    assert [(number, parts[number]["body"], parts[number]["size"]) for number in sorted(parts)] == [
        (1, b"one again", 9),
        (2, b"two", 3),
    ]
    del parts[1]
    assert (1 in parts, len(parts)) == (False, 1)
    with pytest.raises(KeyError):
        parts[2]["unknown"]


def test_together_they_are_no_larger_than_an_object(spool: Spool) -> None:
    parts = Parts(spool)
    for _ in range(2):  # the same part again does not count twice
        parts[1] = part(b"x", OBJECT_BYTES - 1)
    parts[2] = part(b"x", 1)
    with pytest.raises(TooLarge):
        parts[3] = part(b"x", 1)
    assert list(parts) == [1, 2]


def test_a_part_too_much_is_refused_in_the_words_of_s3(spool: Spool) -> None:
    def upload(size: int) -> str:
        Parts(spool)[1] = part(b"", size)
        return "done"

    upload_bounded = bound_upload(upload, lambda *error: error)
    assert upload_bounded(OBJECT_BYTES) == "done"
    code, message, status = upload_bounded(OBJECT_BYTES + 1)
    assert (code, status) == ("EntityTooLarge", 400)
    assert message.endswith(f"the engine's limit is {OBJECT_BYTES} bytes.")


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_a_body_is_put_together_again(spool: Spool, size: int) -> None:
    bodies: Bodies[str, str] = Bodies(spool)
    bodies.write("place", "name", bytes(5 * PIECE_BYTES))
    bodies.write("place", "name", b"y" * size)
    bodies.write("place", "other", b"z")
    assert (bodies.read("place", "name"), bodies.read("elsewhere", "name")) == (b"y" * size, None)
    bodies.drop("place", "name")
    assert (bodies.read("place", "name"), bodies.read("place", "other")) == (None, b"z")
    bodies.drop_all("place")
    assert (bodies.read("place", "other"), bodies.list_places()) == (None, [])
