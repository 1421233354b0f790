"""Bundles are unpacked once, completely, and never outside their folder."""

import io
import shutil
import zipfile
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from agenticai.emulator.engines.code_cache import UNZIPPED_BYTES, UnsafeBundle, check_size, unpack


def bundle(name: str, mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, "x")
    return buffer.getvalue()


def test_the_same_bundle_is_unpacked_once(tmp_path: Path) -> None:
    folder = unpack(bundle("pkg/app.py"), tmp_path)
    (folder / "pkg" / "mark").touch()
    assert unpack(bundle("pkg/app.py"), tmp_path) == folder
    assert (folder / "pkg" / "mark").exists()
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_folder_that_lost_a_file_is_unpacked_again(tmp_path: Path) -> None:
    folder = unpack(bundle("pkg/app.py"), tmp_path)
    (folder / "pkg" / "app.py").unlink()
    assert unpack(bundle("pkg/app.py"), tmp_path) == folder
    assert (folder / "pkg" / "app.py").exists()


def test_nobody_removes_what_another_has_unpacked_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = bundle("pkg/app.py")
    folder = unpack(code, tmp_path)
    (folder / "pkg" / "app.py").unlink()
    remove, others = shutil.rmtree, list[Thread]()

    def remove_late(path: Any, *rest: Any, **options: Any) -> None:
        if Path(path) == folder and not others:
            others.append(Thread(target=lambda: (unpack(code, tmp_path) / "mark").touch()))
            others[0].start()
            others[0].join(0.3)
        remove(path, *rest, **options)

    monkeypatch.setattr(shutil, "rmtree", remove_late)
    unpack(code, tmp_path)
    others[0].join()
    assert {path.name for path in folder.rglob("*")} == {"pkg", "app.py", "mark"}


def test_an_executable_stays_one(tmp_path: Path) -> None:
    assert (unpack(bundle("bin/tool", 0o755), tmp_path) / "bin" / "tool").stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/out"])
def test_an_entry_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeBundle, match="leads out of the bundle"):
        unpack(bundle(name), tmp_path / "cache")
    assert list(tmp_path.rglob("out")) == []


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeBundle, match="not a zip"):
        unpack(b"no zip", tmp_path)


def zeros(*sizes: int, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a bundle whose entries contain only zeros."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(str(number), bytes(size))
    return buffer.getvalue()


def saying(size: int, *, of: int = 77_777) -> bytes:
    """Return a bundle with one entry, and the size that it states."""
    return zeros(of).replace(of.to_bytes(4, "little"), size.to_bytes(4, "little"))


def test_a_bundle_that_grows_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeBundle, match="must be smaller than 262144000 bytes"):
        unpack(saying(UNZIPPED_BYTES + 1), tmp_path / "cache")
    assert list(tmp_path.iterdir()) == []


def test_the_code_and_the_layers_are_bounded_together() -> None:
    half = saying(UNZIPPED_BYTES // 2)
    check_size(half, half)
    with pytest.raises(UnsafeBundle, match="262144000"):
        check_size(half, half, zeros(1))


def test_an_entry_that_says_less_than_it_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeBundle, match="not a complete zip"):
        unpack(saying(10), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_too_many_entries_are_not_even_listed() -> None:
    with pytest.raises(UnsafeBundle, match="more than 100000 entries"):
        check_size(b"PK\x01\x02" * 100_001)


def test_compressions_that_unpack_into_memory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeBundle, match="Deflate"):
        unpack(zeros(1, kind=zipfile.ZIP_BZIP2), tmp_path)
