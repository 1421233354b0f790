"""Where the function runs a project: in a sandbox or in a micro-VM, regardless of its variables."""

import inspect
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from runner import app, isolation
from runner.micro_vm import explain_no_micro_vm
from runner.programs import make_python_job
from runner.running import Runner
from runner.sandbox.errors import NoSandbox, NotRun
from runner.sandbox.inside import kernel
from runner.sandbox.inside.job import Job
from runner.sandbox.inside.limits import Limits
from runner.sandbox.process import EndedRun
from shared.models.runs import TestsRun
from tests.handlers.runner.asking import request

ROOT = Path(__file__).parents[3]
JOB = make_python_job({}, Limits(), {})
LAMBDA = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_RUNTIME_API": "169.254.100.1:9001",
    "LAMBDA_TASK_ROOT": "/var/task",
}


def no_sandbox(job: Job, *, unsafe: bool = False) -> EndedRun:
    """Stand for a machine without a sandbox."""
    if not unsafe:
        raise NoSandbox("this machine has none")
    return EndedRun(0, "", "", b"", contained=False)


def test_no_variable_has_produced_code_run_without_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "run", no_sandbox)
    for name, value in LAMBDA.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NotRun, match="this machine has none; without a sandbox"):
        isolation.run_isolated(JOB)


def test_in_a_micro_vm_what_an_earlier_run_left_is_deleted_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "left" / "behind").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(ROOT)
    monkeypatch.setattr(isolation, "run", no_sandbox)
    monkeypatch.setattr(isolation, "explain_no_micro_vm", lambda _: "")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert not isolation.run_isolated(JOB).contained
    assert list(tmp_path.iterdir()) == []
    assert (ROOT / "pyproject.toml").exists()


def machine(root: Path, **changed: str) -> Path:
    """Create a machine like Lambda's, except for what is changed; return the code's path on it."""
    files = {
        "proc/sys/kernel/osrelease": "5.10.240-246.956.amzn2.aarch64\n",
        "proc/mounts": "/dev/root / ext4 ro 0 0\n/dev/vdb /dev ext4 rw\n/dev/vdc /var/task squashfs ro\nproc /proc",
        "proc/meminfo": "MemTotal:        1944456 kB\n",
        "var/runtime/bootstrap": "",
        "var/task/runner/app.py": "",
    }
    for path, text in (files | changed).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root / "var/task/runner/app.py"


def why(root: Path, code: Path) -> str:
    """Return the reason for a user to whom the system is read-only."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "access", lambda *_: False)
        return explain_no_micro_vm(code, root)


def test_a_machine_of_lambda_is_known_by_what_it_is(tmp_path: Path) -> None:
    assert why(tmp_path, machine(tmp_path)) == ""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"proc/sys/kernel/osrelease": "6.8.0-45-generic\n"}, "the kernel is not Lambda's"),
        ({"proc/mounts": "overlay / overlay rw 0 0\n"}, "the disks are not a micro-VM's"),
        ({"proc/mounts": "/dev/root / ext4 ro\n/dev/nvme0n1p1 /etc/hosts ext4 rw 0 0\n"}, "the disks are not"),
        ({"proc/meminfo": "MemTotal:       32783440 kB\n"}, "the machine has more memory than a function"),
        ({"proc/meminfo": ""}, "the machine has more memory than a function"),
        ({"proc/meminfo": "MemTotal:       11534337 kB\n"}, "the machine has more memory than a function"),
        ({"proc/mounts": ""}, "the disks are not a micro-VM's"),
        ({"proc/mounts": "tmpfs /tmp tmpfs rw 0 0\n"}, "the disks are not a micro-VM's"),
        ({"proc/sys/kernel/osrelease": ""}, "the kernel is not Lambda's"),
    ],
)
def test_any_other_machine_is_none(changed: dict[str, str], reason: str, tmp_path: Path) -> None:
    assert why(tmp_path, machine(tmp_path, **changed)).startswith(reason)


def test_the_largest_function_is_one(tmp_path: Path) -> None:
    largest = "MemFree: 99999999 kB\nMemTotal:  11534336 kB\n"
    assert why(tmp_path, machine(tmp_path, **{"proc/meminfo": largest})) == ""


@pytest.mark.parametrize("file", ["proc/sys/kernel/osrelease", "proc/mounts", "proc/meminfo", "var/runtime/bootstrap"])
def test_a_machine_that_does_not_show_what_it_is_is_none(file: str, tmp_path: Path) -> None:
    code = machine(tmp_path)
    (tmp_path / file).unlink()
    assert why(tmp_path, code) != ""


@pytest.mark.parametrize("folder", ["", "var/task", "var/runtime"])
def test_a_system_of_which_a_part_can_be_written_to_is_none(folder: str, tmp_path: Path) -> None:
    code, open_one = machine(tmp_path), tmp_path / folder
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "access", lambda path, mode: (path, mode) == (open_one, os.W_OK))
        assert explain_no_micro_vm(code, tmp_path) == "the system can be written to"


def test_a_machine_with_a_sandbox_uses_it_and_deletes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked: list[bool] = []

    def sandbox(_: Job, *, unsafe: bool = False) -> EndedRun:
        asked.append(unsafe)
        return EndedRun(0, "", "", b"", contained=True)

    monkeypatch.setattr(isolation, "run", sandbox)
    monkeypatch.setattr(isolation, "explain_no_micro_vm", lambda _: "")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert isolation.run_isolated(JOB).contained
    assert asked == [False]
    assert (tmp_path / "file").exists()


def test_code_elsewhere_or_in_a_system_that_can_be_written_to_is_not_in_lambda(tmp_path: Path) -> None:
    code = machine(tmp_path)
    assert why(tmp_path, tmp_path / "home/runner/app.py") == "the code is not where Lambda has it"
    assert explain_no_micro_vm(code, tmp_path) == "the system can be written to"
    assert explain_no_micro_vm(Path(isolation.__file__)) == "the code is not where Lambda has it"


READING = """
import subprocess, sys
if sys.argv[1] == "hidden":
    hide_from_others()
reader = "import os, sys; sys.stdout.write(str('marked-secret' in open(f'/proc/{os.getppid()}/environ').read()))"
print(subprocess.run([sys.executable, "-I", "-c", reader], env={}, capture_output=True, text=True).stdout or "refused")
"""


@pytest.mark.parametrize(("how", "told"), [("open", "True"), ("hidden", "refused")])
def test_a_child_cannot_read_the_variables_of_a_process_that_is_hidden(how: str, told: str) -> None:
    python = "/usr/bin/python3"
    if not os.access(python, os.X_OK):
        pytest.skip("there is no interpreter of the system, which any user can run")
    user: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    program = f"{inspect.getsource(kernel)}\n{READING}"  # the other user may be unable to read this folder
    environment = {"AWS_SECRET_ACCESS_KEY": "marked-secret"}
    said = subprocess.run(
        [python, "-c", program, how], env=environment, capture_output=True, text=True, check=True, cwd="/", **user
    )
    assert said.stdout.strip() == told


def test_an_environment_that_ran_something_without_a_sandbox_runs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Exception):
        """The process would have ended."""

    def end(_: int) -> None:
        raise Ended

    answer = TestsRun(language="python", contained=False)
    monkeypatch.setattr(Runner, "run", lambda *_: answer)
    monkeypatch.setattr(app, "_spent", [])
    monkeypatch.setattr(os, "_exit", end)
    event = request({"test_it.py": ""}).model_dump(by_alias=True)
    assert app.handler(event, None)["contained"] is False
    with pytest.raises(Ended):
        app.handler(event, None)


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(ValueError, match="the request cannot be read: 4 faults"):
        app.handler({"Records": []}, None)


def test_a_run_without_a_sandbox_leaves_no_process(tmp_path: Path) -> None:
    """As on Lambda; here it is a program whose folder would expose the user's home."""
    from runner.sandbox.process import INTERPRETER, run

    sleep = "86398.75"
    code = f"import subprocess\nfor _ in range(20): subprocess.Popen(['sleep', '{sleep}'], start_new_session=True)"
    home = os.path.realpath(os.path.expanduser("~"))
    ended = run(Job((INTERPRETER, "-I", "-S", "-c", code), {"PATH": os.environ["PATH"]}, (home,), {}), unsafe=True)
    assert (ended.exit, ended.contained) == (0, False)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert sleep not in listed
