"""Private files are accessible only to their owner, regardless of the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.stack.private_files import make_private, revoke_other_users, write_private


@pytest.fixture(params=[0o000, 0o022], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(*paths: Path) -> list[str]:
    return [f"{stat.S_IMODE(path.lstat().st_mode):o}" for path in paths]


def test_a_folder_and_those_above_it_that_were_missing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = make_private(tmp_path / "a" / "b")
    assert modes(folder, folder.parent, tmp_path) == ["700", "700", "755"]
    assert make_private(folder) == folder


def test_a_file(tmp_path: Path) -> None:
    write_private(tmp_path / "file", "é")
    assert modes(tmp_path / "file") == ["600"]
    assert (tmp_path / "file").read_text("utf-8") == "é"


def test_what_others_could_read_is_taken_from_them_and_programs_stay_programs(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "bin").mkdir(parents=True)
    for name, mode in (("text", 0o666), ("bin/program", 0o755)):
        (folder / name).touch()
        (folder / name).chmod(mode)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(mode=0o644)
    before = modes(elsewhere)
    (folder / "link").symlink_to(elsewhere)
    (folder / "nowhere").symlink_to("gone")
    revoke_other_users(folder)
    assert modes(folder, folder / "bin", folder / "text", folder / "bin" / "program") == ["700", "700", "600", "700"]
    assert modes(elsewhere) == before
