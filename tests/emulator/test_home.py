"""The state folder: named, found, created here, or the platform's; never one that another user may have prepared."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.emulator.core.errors import NoHome
from agenticai.emulator.core.home import find_home, make_home

NOBODY = 65534

FIND = """
import sys
from pathlib import Path
from agenticai.emulator.core.errors import NoHome
from agenticai.emulator.core.home import find_home
try:
    print(find_home({}, Path(sys.argv[1]), Path(sys.argv[2])))
except NoHome as error:
    print(error)
"""


def test_a_new_one_is_in_the_folder(tmp_path: Path) -> None:
    assert find_home({}, tmp_path) == tmp_path / ".agenticai"
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_one_above_is_taken(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / ".agenticai").mkdir()
    assert find_home({}, below) == tmp_path / ".agenticai"
    (tmp_path / "a" / ".agenticai").mkdir()
    assert find_home({}, below) == tmp_path / "a" / ".agenticai"


@pytest.mark.parametrize("kind", ["file", "link", "another user's"])
def test_what_is_not_this_users_own_folder_is_not_taken(tmp_path: Path, kind: str) -> None:
    above, here = tmp_path / ".agenticai", tmp_path / "here"
    here.mkdir()
    if kind == "file":
        above.touch()
    elif kind == "link":
        above.symlink_to(here)
    elif os.geteuid() != 0:
        pytest.skip("only root may give a folder away")
    else:
        above.mkdir()
        os.chown(above, NOBODY, NOBODY)
    assert find_home({}, here) == here / ".agenticai"
    assert find_home({}, tmp_path, tmp_path / "data") == tmp_path / "data"


@pytest.mark.parametrize("named", ["state", "{}/state", "~/state"])
def test_the_variable_goes_before_all(tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".agenticai").mkdir()
    assert find_home({"AGENTICAI_HOME": named.format(tmp_path)}, tmp_path) == tmp_path / "state"


def test_a_variable_that_names_no_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoHome, match=rf"{tmp_path}/file is not a folder .* set AGENTICAI_HOME to another folder"):
        find_home({"AGENTICAI_HOME": "file/state"}, tmp_path)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users may read, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_where_nothing_may_be_written_the_platforms_folder_is_taken_or_refused(shared_folder: Path) -> None:
    project, data = shared_folder / "project", shared_folder / "data"
    for folder in (project, data):
        folder.mkdir(mode=0o555)

    def find() -> str:
        """Return what a user without write access to the project finds: another user, if this one is root."""
        command = [sys.executable, "-c", FIND, str(project), str(data / "agenticai")]
        user = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", *READ_ALL] if os.geteuid() == 0 else []
        return subprocess.run([*user, *command], capture_output=True, text=True, check=True).stdout.strip()

    assert find() == f"Cannot write to {data}/agenticai: {data} is not a folder that you may write to;" + (
        " set AGENTICAI_HOME to another folder."
    )
    data.chmod(0o777)
    assert find() == str(data / "agenticai")


READ_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
"""The interpreter may be in root's own folder: this user may read everything, but write only as others may."""


def test_it_is_made_for_this_user_alone_and_kept_out_of_repositories(tmp_path: Path) -> None:
    home = tmp_path / "new" / ".agenticai"
    make_home(home)
    make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (home / ".gitignore").read_text() == "*\n"


def test_a_folder_of_another_purpose_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_home(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert list(tmp_path.iterdir()) == []
