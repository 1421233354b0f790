"""Replays that the dashboard starts run one at a time, can be followed, and end with it."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from agenticai.dashboard import lifeline
from agenticai.dashboard.services.replaying import ReplayRuns, Replays, ReplayState

LIMIT_SECONDS: Final = 30.0
SAYS = "import sys; print('played', *sys.argv[1:], '\\N{CHECK MARK}'); sys.exit(int(len(sys.argv) == 3))"
WAITS = "import sys; print('waits', flush=True); sys.stdin.read(); sys.exit(130)"


def replays(program: str) -> Replays:
    return Replays((sys.executable, "-c", program))


def state_when(replaying: Replays, wanted: Callable[[ReplayState], bool]) -> ReplayState:
    deadline, pause = time.monotonic() + LIMIT_SECONDS, threading.Event()
    while time.monotonic() < deadline:
        state = replaying.state()
        if state and wanted(state):
            return state
        pause.wait(0.01)
    raise AssertionError(replaying.state())


def test_a_replay_is_followed_to_its_end() -> None:
    replaying = replays(SAYS)
    assert replaying.state() is None
    replaying.start(["greeting"])
    ended = state_when(replaying, lambda state: not state.running)
    assert (ended.scenarios, ended.status) == (("greeting",), 1)
    assert ended.said == "played replay greeting ✓\n"
    assert replaying.state() == ended
    replaying.start(["greeting", "diamond"])
    assert state_when(replaying, lambda state: not state.running).status == 0


def test_one_replay_at_a_time_which_can_be_ended() -> None:
    replaying = replays(WAITS)
    replaying.start(["greeting"])
    state_when(replaying, lambda state: state.said == "waits\n")
    with pytest.raises(ReplayRuns, match="A replay is already running"):
        replaying.start(["diamond"])
    replaying.end()
    state = replaying.state()
    assert state is not None
    assert state.status == 130
    replaying.end()


def test_a_command_that_is_tied_ends_as_it_does() -> None:
    reading, writing = os.pipe()
    assert lifeline.run([sys.executable, "-c", "raise SystemExit(3)"], reading) == 3
    os.close(writing)


def test_a_command_is_interrupted_when_its_lifeline_ends(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    told = tmp_path / "told"
    os.mkfifo(told)
    program = f"import signal; open({str(told)!r}, 'w').close(); signal.pause()"

    def let_go() -> None:
        told.read_text()
        os.close(writing)

    threading.Thread(target=let_go).start()
    assert lifeline.run([sys.executable, "-c", program], reading) != 0
