"""How a project is run: the program, its variables, and what it can see of this machine."""

import os
import sys
from pathlib import Path

import pytest

from runner.programs import SANDBOX, find_node, make_emptying_job, make_node_job, make_python_job
from runner.sandbox.errors import NotRun
from runner.sandbox.inside.limits import Limits
from runner.sandbox.process import INTERPRETER

FILES = {"test_it.py": b"x"}
LIMITS = Limits(processes=7)


def test_python_runs_alone_with_our_runners_and_the_packages_beside_them() -> None:
    job = make_python_job(FILES, LIMITS, {"requests": "/opt/requests"})
    assert job.command[:6] == (INTERPRETER, "-I", "-B", "-S", "-u", "-c")
    assert "from _agenticai_tests.python_tests import main" in job.command[6]
    assert len(job.command) == 7
    assert job.packages == {"_agenticai_tests": f"{SANDBOX}/runners", "requests": "/opt/requests"}
    assert (job.shown, job.files, job.limits) == ((os.path.realpath(sys.base_prefix),), FILES, LIMITS)
    assert job.environment["PATH"] == f"{os.path.dirname(INTERPRETER)}:/usr/local/bin:/usr/bin:/bin"
    assert (job.environment["LANG"], job.environment["PYTHONDONTWRITEBYTECODE"]) == ("C.UTF-8", "1")


def test_a_package_may_not_stand_in_for_our_runners_and_emptying_is_told_its_seconds() -> None:
    job = make_emptying_job(FILES, LIMITS, {}, 2.5)
    assert "from _agenticai_tests.emptying import main" in job.command[6]
    assert job.command[7:] == ("2.5",)


def test_node_runs_our_runner_and_sees_nothing_but_itself() -> None:
    job = make_node_job(FILES, LIMITS, "/opt/node/bin/node")
    assert job.command[:3] == ("/opt/node/bin/node", "--input-type=module", "-e")
    assert job.command[3] == Path(SANDBOX, "runners", "node_tests.mjs").read_text("utf-8")
    assert (job.shown, job.files, job.limits, job.packages) == (("/opt/node/bin/node",), FILES, LIMITS, {})
    assert job.environment["PATH"].startswith("/opt/node/bin:/usr/local/bin:")


def script(folder: Path, body: str) -> Path:
    """Write a `node` that is a script, as version managers do."""
    file = folder / "node"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return file


def test_the_node_on_the_path_says_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to("real")
    script(tmp_path, f'[ "$*" = "-p process.execPath" ] && echo "{tmp_path}/link"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert find_node() == str((tmp_path / "real").resolve())


def test_a_node_that_does_not_say_it_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = script(tmp_path, "exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(NotRun, match=f"{file} does not say where it is installed: .*exit status 3"):
        find_node()
