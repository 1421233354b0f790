"""The log of an invocation: complete if it is short, and otherwise at most one batch of events."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from agenticai.emulator.engines.function_log import LOG_BYTES, LOG_LINES, FunctionLog


@pytest.fixture
def log() -> Iterator[FunctionLog]:
    with closing(FunctionLog()) as made:
        yield made


def write(log: FunctionLog, data: bytes) -> None:
    os.write(log.file.fileno(), data)


def test_what_was_printed_is_taken_once(log: FunctionLog) -> None:
    write(log, "ü\n".encode() + b"\xff")
    assert log.take() == "ü\n�"
    write(log, b"next")
    assert (log.take(), log.take()) == ("next", "")


def test_a_flood_takes_no_more_of_the_disk_than_is_kept(log: FunctionLog) -> None:
    for _ in range(4):
        write(log, b"x" * LOG_BYTES)
        log.trim()
        assert os.fstat(log.file.fileno()).st_size == LOG_BYTES
    kept, notice = log.take().splitlines()
    assert kept == "x" * LOG_BYTES
    assert notice.startswith("[The rest was dropped: an invocation may log 1048576 bytes")
    write(log, b"next")
    assert log.take() == "next"


def test_neither_do_many_lines(log: FunctionLog) -> None:
    write(log, b"x\n" * (LOG_LINES + 5))
    lines = log.take().splitlines()
    assert (len(lines), lines[-1][:22]) == (LOG_LINES + 1, "[The rest was dropped:")


def test_the_process_that_writes_goes_on_at_the_new_end(log: FunctionLog) -> None:
    program = "import sys\nfor line in sys.stdin: sys.stderr.write(line); sys.stderr.flush(); print(flush=True)"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=log.file) as writer:
        assert writer.stdin
        assert writer.stdout
        for text in ("y" * LOG_BYTES, "more", "short"):
            writer.stdin.write(text.encode() + b"\n")
            writer.stdin.flush()
            writer.stdout.readline()
            log.trim()
        assert log.take().startswith("y" * LOG_BYTES)
        writer.stdin.write(b"next")
        writer.stdin.close()
        writer.wait()
        assert log.take() == "next"
