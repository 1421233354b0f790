"""A folder is locked exactly as long as one of its holders lives."""

import subprocess
import sys
import threading
from pathlib import Path

from agenticai.emulator.core.locks import hold_exclusive_lock, hold_shared_lock, is_held

HOLDER = """
import pathlib, sys
from agenticai.emulator.core.locks import hold_shared_lock
with hold_shared_lock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_several_may_hold_a_folder(tmp_path: Path) -> None:
    with hold_shared_lock(tmp_path):
        with hold_shared_lock(tmp_path):
            assert is_held(tmp_path)
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert is_held(tmp_path)
        holder.kill()
        holder.wait()
        assert not is_held(tmp_path)


def test_who_wants_it_alone_waits_for_all_others(tmp_path: Path) -> None:
    entered = threading.Event()

    def enter() -> None:
        with hold_exclusive_lock(tmp_path):
            entered.set()

    thread = threading.Thread(target=enter)
    with hold_shared_lock(tmp_path):
        thread.start()
        assert not entered.wait(0.05)
    thread.join(10)
    assert entered.is_set()


def test_nobody_holds_what_is_gone(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "gone")
