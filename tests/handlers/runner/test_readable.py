"""Files that root runs as another user become readable to all, and otherwise stay unchanged."""

import os
from pathlib import Path

import pytest

from runner.readable import compile_ahead, open_to_all


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the user's own: a program and a file in a folder."""
    (tmp_path / "package" / "inner").mkdir(parents=True)
    for name, mode in (("inner/program", 0o700), ("inner/file", 0o600), ("open", 0o646)):
        (tmp_path / "package" / name).touch()
        (tmp_path / "package" / name).chmod(mode)
    for path in (tmp_path / "package" / "inner", tmp_path / "package"):
        path.chmod(0o700)
    return tmp_path / "package"


def modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in (folder, *folder.rglob("*"))}


BEFORE = {"package": "0o700", "inner": "0o700", "program": "0o700", "file": "0o600", "open": "0o646"}
AFTER = {"package": "0o755", "inner": "0o755", "program": "0o755", "file": "0o644", "open": "0o646"}


@pytest.mark.parametrize(("user", "expected"), [(0, AFTER), (1000, BEFORE)])
def test_all_may_read_what_root_shows_and_start_its_programs(
    user: int, expected: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    open_to_all(str(folder))
    assert modes(folder) == expected


def test_what_cannot_be_changed_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chmod", refuse)
    open_to_all(str(folder))
    assert modes(folder) == BEFORE


def test_a_package_is_compiled_whether_it_is_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "package" / "inner").mkdir(parents=True)
    for path in ("package/a.py", "package/inner/b.py", "single.py"):
        (tmp_path / path).write_text("x = 1\n")
    (tmp_path / "package" / "broken.py").write_text("x = (\n")
    compile_ahead(str(tmp_path / "package"))
    compile_ahead(str(tmp_path / "single.py"))
    assert {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")} == {"a", "b", "single"}


def test_nothing_is_compiled_where_nothing_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (str(tmp_path), os.W_OK))
    compile_ahead(str(tmp_path))
    assert not list(tmp_path.rglob("*.pyc"))
