"""The folders of runs: finished ones are removed when newer ones exist, those in use never."""

import os
import stat
from pathlib import Path

import pytest

from agenticai.emulator.core.locks import hold_shared_lock
from agenticai.emulator.gemini import MISSES
from agenticai.scenarios.benches.run_folders import KEPT, KEPT_WAITING, lock_empty_folder, remove_old_runs, run_folder
from agenticai.scenarios.format.errors import FolderInUse


def ended(runs: Path, number: int, *inside: str) -> Path:
    with run_folder(runs) as folder:
        for name in inside:
            (folder / name).mkdir(parents=True)
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


def test_a_folder_that_only_its_engine_uses_is_in_use(tmp_path: Path) -> None:
    sweep = ended(tmp_path, 0, "engine-1")
    for number in range(1, KEPT + 1):
        ended(tmp_path, number)
    with hold_shared_lock(sweep / "engine-1"):
        remove_old_runs(tmp_path)
        assert sweep.is_dir()
    remove_old_runs(tmp_path)
    assert not sweep.exists()


def test_requests_that_wait_for_a_reply_are_kept_longer_and_not_for_ever(tmp_path: Path) -> None:
    waiting = [ended(tmp_path, number, MISSES) for number in range(KEPT_WAITING)]
    waiting.append(ended(tmp_path, KEPT_WAITING, f"engine-1/{MISSES}"))
    for number in range(100, 100 + KEPT + 1):
        ended(tmp_path, number)
    remove_old_runs(tmp_path)
    assert [folder.is_dir() for folder in waiting] == [False] + [True] * KEPT_WAITING
    assert len(list(tmp_path.iterdir())) == KEPT_WAITING + KEPT


def test_nobody_else_may_look_into_one(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with run_folder(tmp_path / "run") as folder:
            assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700, 0o700]
    finally:
        os.umask(before)


def test_a_folder_is_emptied_for_one_run_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "greeting"
    with lock_empty_folder(folder):
        (folder / "reply").touch()
        with pytest.raises(FolderInUse, match=r"Another run is using .*greeting"), lock_empty_folder(folder):
            pass
        with lock_empty_folder(folder.with_name("another")):
            assert (folder / "reply").exists()
    with lock_empty_folder(folder):
        assert list(folder.iterdir()) == []
