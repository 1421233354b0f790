"""A program always ends in time, with all its processes, and uses no more than its limits."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runner.sandbox.inside.memory import SOCKET
from tests.handlers.runner.sandbox.projects import TIGHT, needs_sandbox, run_body
from tests.integration.cloud import eventually

pytestmark = needs_sandbox

SLEEP = f"7700.{os.getpid()}"
"""How long `sleep` sleeps in these tests, a value that nobody else uses."""

LEFT_BEHIND = f"subprocess.Popen(['sleep', '{SLEEP}'], start_new_session=True)"


def sleeping() -> int:
    """Return how many processes of these tests were left behind on this machine."""
    found = 0
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += process.read_bytes() == f"sleep\0{SLEEP}\0".encode()
        except OSError:
            continue
    return found


def test_a_test_that_does_not_end_is_named_and_everything_it_started_is_killed(tmp_path: Path) -> None:
    run = run_body(tmp_path, f"[{LEFT_BEHIND} for _ in range(50)]\ntime.sleep(1000)", replace(TIGHT, wall_seconds=1))
    assert (run.passed, run.ran) == (False, 0)
    assert run.trouble == "test_it.Hostile.test_it did not end within 1 seconds."
    assert sleeping() == 0


@pytest.mark.parametrize("ending", ["", "os.setsid() if os.fork() == 0 else None", "os._exit(0)"])
def test_what_outlives_the_run_or_holds_its_output_is_killed(ending: str, tmp_path: Path) -> None:
    run = run_body(tmp_path, f"[{LEFT_BEHIND} for _ in range(50)]\n{ending}")
    assert run.passed is (ending != "os._exit(0)")
    assert sleeping() == 0


def test_processes_are_bounded(tmp_path: Path) -> None:
    run = run_body(tmp_path, "for _ in range(500): subprocess.Popen(['sleep', '100'])")
    assert "Resource temporarily unavailable" in run.output


def test_a_fork_bomb_ends_with_its_time(tmp_path: Path) -> None:
    bomb = "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    run = run_body(tmp_path, bomb, replace(TIGHT, wall_seconds=1))
    assert not run.passed
    assert "did not end" in run.trouble or "memory" in run.trouble


@pytest.mark.parametrize(
    "bomb",
    [
        "for _ in range(8):\n    if os.fork() == 0: break\nblock = b'x' * 100_000_000\ntime.sleep(1000)",
        "import mmap\nblocks = [mmap.mmap(-1, 50_000_000) for _ in range(20)]\n"
        "for block in blocks: block.write(b'x' * 50_000_000)\ntime.sleep(1000)",
        "import mmap\nblocks = [mmap.mmap(-1, 50_000_000) for _ in range(20)]\nfor block in blocks:\n"
        "    block.write(b'x' * 50_000_000)\n    block.madvise(mmap.MADV_DONTNEED)\ntime.sleep(1000)",
        "libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, (ctypes.c_void_p, *[ctypes.c_long] * 5)\n"
        "file = open('f', 'wb+')\nfile.write(bytes(8 << 20))\nfile.flush()\n"
        "for _ in range(30_000):\n    start = libc.mmap(None, 8 << 20, 1, 1, file.fileno(), 0)\n"
        "    for at in range(4): ctypes.c_char.from_address(start + (at << 21)).value\ntime.sleep(1000)",
        "for _ in range(20):\n    if os.fork() == 0: break\n"
        "pairs = [socket.socketpair() for _ in range(60)]\ntime.sleep(1000)",
    ],
    ids=["of several processes", "shared", "shared and out of the page tables", "page tables", "sockets"],
)
def test_memory_is_that_of_all_processes(bomb: str, tmp_path: Path) -> None:
    run = run_body(tmp_path, bomb)
    assert run.trouble == "test_it.Hostile.test_it used more than 256 MiB of memory."


def test_a_socket_holds_no_more_than_it_counts_as(tmp_path: Path) -> None:
    run = run_body(
        tmp_path,
        f"""
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            here, there = socket.socketpair(socket.AF_UNIX, kind)
            for end in (here, there):
                end.setblocking(False)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self.assertEqual(here.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)
            sent = 0
            with self.assertRaises(BlockingIOError):
                while True: sent += here.send(bytes(10_000))
            self.assertLess(sent, {SOCKET})
        """,
    )
    assert run.passed, run.evidence


def test_a_process_gets_no_more_memory_than_there_is(tmp_path: Path) -> None:
    run = run_body(tmp_path, "blocks = []\nwhile True: blocks.append(bytearray(10_000_000))")
    assert (run.passed, run.trouble) == (False, "")
    assert "MemoryError" in run.failed[0].message


def test_processor_time_is_bounded(tmp_path: Path) -> None:
    run = run_body(tmp_path, "while True: pass", replace(TIGHT, cpu_seconds=1))
    assert run.trouble == "test_it.Hostile.test_it used more than 1 seconds of processor time."


@pytest.mark.parametrize(
    ("filling", "error"),
    [
        ("with open('big', 'wb') as file:\n    while True: file.write(bytes(1_000_000))", "File too large"),
        ("for n in range(9):\n    with open(f'{n}', 'wb') as file: file.write(bytes(4_000_000))", "No space left"),
        ("for n in range(10_000): open(f'{n}', 'w').close()", "No space left"),
        ("files = [open('/dev/null') for _ in range(300)]", "Too many open files"),
    ],
)
def test_files_are_bounded(filling: str, error: str, tmp_path: Path) -> None:
    run = run_body(tmp_path, filling)
    assert not run.passed
    assert error in run.failed[0].message


def test_of_much_output_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    run = run_body(tmp_path, "print('first line')\nfor _ in range(50): os.write(1, b'x' * 1_000_000)")
    assert run.passed
    assert len(run.output) < TIGHT.output_bytes + 100
    assert run.output.startswith("first line\n")
    assert "bytes left out" in run.output
    assert run.output.endswith("OK\n")


HOST = """
import sys
from pathlib import Path
from runner.sandbox.inside.memory import SOCKET
from tests.handlers.runner.sandbox.projects import run_body
run_body(Path(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_who_started_it(end: signal.Signals, tmp_path: Path) -> None:
    def hear_interrupts() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)

    command = [sys.executable, "-c", HOST, str(tmp_path), f"{LEFT_BEHIND}\ntime.sleep(1000)"]
    root = Path(__file__).parents[4]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, preexec_fn=hear_interrupts, cwd=root) as host:
        eventually(lambda: sleeping() == 1)
        host.send_signal(end)
    eventually(lambda: sleeping() == 0)
