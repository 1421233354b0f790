"""A zip's bytes depend on its files alone, and nothing is packed or taken that could escape."""

import io
import zipfile

import pytest

from shared.paths import UnsafePath
from shared.zips import build_zip, check_zip

FILES = {"b.py": b"x = 1\n" * 100, "a/c.txt": b""}


def test_each_entry_is_a_regular_file_of_the_same_day_in_the_order_of_paths() -> None:
    packed = build_zip(FILES)
    assert packed == build_zip(dict(reversed(FILES.items())))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {path: archive.read(path) for path in archive.namelist()} == FILES
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["a/c.txt", "b.py"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {oct(entry.external_attr >> 16) for entry in entries} == {"0o100644"}
    assert {entry.create_system for entry in entries} == {3}
    assert entries[1].compress_type == zipfile.ZIP_DEFLATED
    assert entries[1].compress_size < entries[1].file_size


def test_a_path_that_could_escape_is_neither_packed_nor_taken() -> None:
    with pytest.raises(UnsafePath):
        build_zip({"../a": b""})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../a", b"")
    with pytest.raises(UnsafePath):
        check_zip(packed.getvalue())


def test_a_safe_zip_comes_back_as_it_is() -> None:
    packed = build_zip(FILES)
    assert check_zip(packed) is packed
