"""The folders of runs: an ended one goes when newer ones come, one that is in use never."""

import os
import stat
from pathlib import Path

from agenticai.scenarios.benches.run_folders import KEPT, remove_old_runs, run_folder


def ended(runs: Path, number: int) -> Path:
    with run_folder(runs) as folder:
        pass
    os.utime(folder, (number, number))
    return folder


def test_a_folder_in_use_outlives_all_that_have_ended(tmp_path: Path) -> None:
    with run_folder(tmp_path) as used:
        os.utime(used, (0, 0))
        others = [ended(tmp_path, number) for number in range(1, KEPT + 4)]
        remove_old_runs(tmp_path)
        assert used.is_dir()
        assert [folder.is_dir() for folder in others] == [False] * 3 + [True] * KEPT
    remove_old_runs(tmp_path)
    assert not used.exists()


def test_a_folder_without_a_lock_is_of_a_run_that_has_ended(tmp_path: Path) -> None:
    (tmp_path / "12345").mkdir()
    os.utime(tmp_path / "12345", (0, 0))
    for number in range(1, KEPT + 1):
        ended(tmp_path, number)
    remove_old_runs(tmp_path)
    assert not (tmp_path / "12345").exists()


def test_nobody_else_may_look_into_one(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with run_folder(tmp_path / "run") as folder:
            assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700, 0o700]
    finally:
        os.umask(before)
