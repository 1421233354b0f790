"""Projects to run in the sandbox, and whether this machine has one."""

import os
import sys
import textwrap
from pathlib import Path

import pytest

from agenticai.sandbox.projects import run_python_tests
from runner.sandbox.errors import NotRun
from runner.sandbox.inside.job import Job
from runner.sandbox.inside.limits import MIB, Limits
from runner.sandbox.process import INTERPRETER, run
from runner.sandbox.verdict import TestRun


def why_no_sandbox() -> str:
    """Return why this machine has no sandbox, or nothing if it has one. Raises errors with other causes."""
    try:
        run(Job((INTERPRETER, "-I", "-S", "-c", ""), {}, (os.path.realpath(sys.base_prefix),), {}))
    except NotRun as reason:
        if "could not be made" in str(reason):
            raise  # a fault in the process that creates it must not skip its tests
        return str(reason)
    return ""


REASON = why_no_sandbox()
needs_sandbox = pytest.mark.skipif(bool(REASON), reason=REASON)

TIGHT = Limits(wall_seconds=60, memory_bytes=256 * MIB, disk_bytes=16 * MIB, file_bytes=8 * MIB, processes=64)

HEAD = """\
import ctypes, errno, os, signal, socket, subprocess, sys, time, unittest
libc = ctypes.CDLL(None, use_errno=True)


class Hostile(unittest.TestCase):
    def test_it(self):
"""


def run_body(folder: Path, body: str, limits: Limits = TIGHT) -> TestRun:
    """Run a project whose only test has this body."""
    (folder / "test_it.py").write_text(HEAD + textwrap.indent(textwrap.dedent(body), "        "))
    return run_python_tests(folder, limits=limits)
