"""Malicious projects: nothing of them is left, nothing of ours is read, and the answer says what they did."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runner.sandbox.inside.limits import MIB
from tests.handlers.runner.asking import TIGHT, outcomes, run
from tests.handlers.runner.sandbox.projects import needs_sandbox

pytestmark = needs_sandbox

SLEEP = "86399.25"
"""How long the children sleep, by which they are found."""


def project(body: str) -> dict[str, str | bytes]:
    """A project whose only test has this body."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    head = "import os, signal, socket, subprocess, sys, time, unittest\n\n\nclass T(unittest.TestCase):\n"
    return {"test_it.py": f"{head}    def test_it(self):\n{lines}\n        self.assertTrue(True)\n"}


def survivors() -> list[str]:
    """Return the processes that a project left behind."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            found += [process.name] if SLEEP.encode() in command else []
    return found


@pytest.mark.parametrize(
    "body",
    [
        f"for _ in range(50): subprocess.Popen(['sleep', '{SLEEP}'])",
        f"for _ in range(50): subprocess.Popen(['sleep', '{SLEEP}'], start_new_session=True)",
        f"subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP INT; sleep {SLEEP}'], start_new_session=True)",
        f"if os.fork() == 0:\n    os.setsid()\n    os.execlp('sleep', 'sleep', '{SLEEP}')",
    ],
    ids=["children", "sessions", "deaf", "daemon"],
)
def test_nothing_that_was_started_survives(body: str) -> None:
    assert outcomes(run(project(body))) == {"test_it.T.test_it": "passed"}
    assert survivors() == []


def test_a_fork_bomb_ends_with_its_run() -> None:
    began = time.monotonic()
    ended = run(project("while True:\n    try: os.fork()\n    except OSError: pass"), replace(TIGHT, wall_seconds=3))
    assert ended.trouble.startswith("test_it.T.test_it did not end within 3 seconds")
    assert time.monotonic() - began < 30


def test_a_hang_is_told_with_the_test_that_hangs() -> None:
    ended = run(project("time.sleep(3600)"), replace(TIGHT, wall_seconds=2))
    assert ended.trouble == "test_it.T.test_it did not end within 2 seconds."


def test_memory_is_bounded() -> None:
    ended = run(project(f"data = [bytearray({MIB}) for _ in range(4096)]"))
    assert ended.trouble or ended.tests[0].outcome == "error"
    assert "passed" not in {test.outcome for test in ended.tests}


def test_megabytes_of_output_are_shortened() -> None:
    ended = run(project("for _ in range(300): os.write(1, b'x' * 65536)"))
    assert outcomes(ended) == {"test_it.T.test_it": "passed"}
    assert len(ended.output) < 10_000
    assert "bytes left out" in ended.output


def test_bytes_that_are_no_text_and_messages_of_them_arrive_as_text() -> None:
    ended = run(project("os.write(1, bytes(range(256)))\nself.fail('\\udcff\\x1b[2J' + 'y' * 100_000)"))
    assert ended.tests[0].outcome == "failed"
    assert len(ended.tests[0].message) <= 4_000
    ended.model_dump_json().encode("utf-8")


@pytest.mark.parametrize("status", [0, 1])
def test_who_ends_the_run_early_has_not_passed(status: int) -> None:
    ended = run(project(f"print('Ran 5 tests in 0.1s\\n\\nOK')\nsys.stdout.flush()\nos._exit({status})"))
    assert ended.trouble == f"The run ended before its tests were over, in test_it.T.test_it (exit status {status})."
    assert ended.tests == ()


def test_no_variable_of_the_function_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "marked-secret")
    body = """\
found = [os.environ.get("AWS_SECRET_ACCESS_KEY")]
for process in ("self", "1", str(os.getppid()), *filter(str.isdecimal, os.listdir("/proc"))):
    try:
        found.append(open(f"/proc/{process}/environ").read())
    except OSError:
        pass
self.assertNotIn("marked-secret", str(found))"""
    assert outcomes(run(project(body))) == {"test_it.T.test_it": "passed"}
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "marked-secret"


@pytest.mark.parametrize("address", ["('127.0.0.1', 4566)", "('169.254.169.254', 80)", "('10.0.0.1', 53)"])
def test_nobody_is_reached(address: str) -> None:
    body = f"with self.assertRaises(OSError):\n    socket.create_connection({address}, timeout=2)"
    assert outcomes(run(project(body))) == {"test_it.T.test_it": "passed"}


def test_a_test_that_patches_what_runs_it_proves_nothing() -> None:
    body = "unittest.TestCase.assertTrue = lambda *_: None\nunittest.case.TestCase.fail = lambda *_: None\nself.fail()"
    assert run(project(body)).trouble.startswith("The tests replaced TestCase.assertTrue, TestCase.fail")


def test_a_report_that_is_forged_proves_nothing() -> None:
    body = "for number in range(3, 20):\n    try: os.write(number, b'{\"complete\": 1}\\n')\n    except OSError: pass"
    assert run(project(body)).trouble != ""
