"""The same files give the same bytes, at any place and time."""

import os
import zipfile
from pathlib import Path

import pytest

from agenticai.stack import archive


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as bundle:
        return bundle.namelist()


def tree(root: Path, *files: str) -> Path:
    for name in files:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    return root


def test_bytes_depend_on_content_alone(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", "b.py", "a.py")
    two = tree(tmp_path / "two", "a.py", "b.py")
    os.utime(two / "a.py", (1_000_000_000, 1_000_000_000))
    (two / "b.py").chmod(0o600)
    archive.write(tmp_path / "one.zip", [("b.py", one / "b.py"), ("a.py", one / "a.py")])
    archive.write(tmp_path / "two.zip", [("a.py", two / "a.py"), ("b.py", two / "b.py")])
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert names(tmp_path / "one.zip") == ["a.py", "b.py"]


def test_one_changed_byte_changes_the_archive(tmp_path: Path) -> None:
    source = tree(tmp_path / "source", "a.py")
    archive.write(tmp_path / "one.zip", [("a.py", source / "a.py")])
    (source / "a.py").write_text("a.pz", encoding="utf-8")
    archive.write(tmp_path / "two.zip", [("a.py", source / "a.py")])
    assert archive.hash_file(tmp_path / "one.zip") != archive.hash_file(tmp_path / "two.zip")


def test_an_archive_is_continued_without_touching_its_entries(tmp_path: Path) -> None:
    source = tree(tmp_path / "source", "package.py", "handler.py")
    archive.write(tmp_path / "packages.zip", [("package.py", source / "package.py")])
    before = (tmp_path / "packages.zip").read_bytes()
    archive.write(tmp_path / "all.zip", [("handler.py", source / "handler.py")], after=tmp_path / "packages.zip")
    assert names(tmp_path / "all.zip") == ["package.py", "handler.py"]
    assert (tmp_path / "packages.zip").read_bytes() == before
    assert archive.measure_unpacked(tmp_path / "all.zip") == len("package.py") + len("handler.py")


def test_sources_are_all_but_what_tools_left(tmp_path: Path) -> None:
    folder = tree(tmp_path, "worker.py", "a/plan.md", ".c/x.py", "__pycache__/worker.pyc", ".git/HEAD")

    def found(*, python: bool) -> set[str]:
        return {file.relative_to(folder).as_posix() for file in archive.list_source_files(folder, python=python)}

    assert found(python=True) == {".c/x.py", "a/plan.md", "worker.py"}
    assert found(python=False) == found(python=True) | {"__pycache__/worker.pyc"}


def test_what_an_installer_left_behind_stays_out_and_programs_stay_in(tmp_path: Path) -> None:
    folder = tree(
        tmp_path, "p/__init__.py", "p.dist-info/METADATA", "p.dist-info/RECORD", "p.dist-info/INSTALLER", ".lock"
    )
    (folder / "bin").mkdir()
    (folder / "bin" / "script").write_text("#!/somewhere/python\n", encoding="utf-8")
    (folder / "bin" / "program").write_bytes(b"\x7fELF")
    (folder / "bin" / "program").chmod(0o755)
    files = archive.list_installed_files(folder)
    kept = [file.relative_to(folder).as_posix() for file in files]
    assert kept == ["bin/program", "p/__init__.py", "p.dist-info/METADATA"]
    archive.write(tmp_path / "out.zip", [(name, folder / name) for name in kept])
    with zipfile.ZipFile(tmp_path / "out.zip") as bundle:
        modes = {entry.filename: entry.external_attr >> 16 for entry in bundle.infolist()}
    assert modes["bin/program"] == 0o100755
    assert modes["p/__init__.py"] == 0o100644


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    path.write_bytes(b"before")
    with pytest.raises(FileNotFoundError):
        archive.write(path, [("a.py", tmp_path / "missing.py")])
    assert [file.name for file in tmp_path.iterdir()] == ["out.zip"]
    assert path.read_bytes() == b"before"
