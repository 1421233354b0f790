"""Without a sandbox nothing is run, unless it is explicitly unsafe; and the reason is a sentence."""

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agenticai.sandbox.projects import run_python_tests
from runner.sandbox import process
from runner.sandbox.errors import NoSandbox, NotRun
from runner.sandbox.inside import kernel
from runner.sandbox.inside.job import Job
from runner.sandbox.inside.limits import Limits
from runner.sandbox.process import INTERPRETER, EndedRun, find_libraries, run
from runner.sandbox.refusals import explain_refusal
from tests.handlers.runner.sandbox.projects import needs_sandbox

ROOT = Path(__file__).parents[4]
HOME = os.path.realpath(os.path.expanduser("~"))


def python(code: str, *shown: str, limits: Limits | None = None) -> Job:
    prefix = os.path.realpath(sys.base_prefix)
    return Job((INTERPRETER, "-I", "-S", "-c", code), {}, (prefix, *shown), {"a/b.txt": b"text"}, limits or Limits())


def test_a_program_whose_folder_holds_the_home_is_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    with pytest.raises(NoSandbox, match="the home folder would be seen inside"):
        run(python(f"open({str(marker)!r}, 'w')", HOME))
    assert not marker.exists()


def test_without_a_sandbox_it_is_run_only_if_asked_for_and_with_what_limits_there_are() -> None:
    code = "import os; print(open('a/b.txt').read(), set(os.environ) & {'GEMINI_API_KEY', 'HOME'}, os.getcwd())"
    ended = run(python(code, HOME), unsafe=True)
    assert (ended.exit, ended.contained) == (0, False)
    text, names, folder = ended.output.split()
    assert (text, names) == ("text", "{'HOME'}")
    assert not Path(folder).exists()
    forever = run(python("while True: pass", HOME, limits=Limits(wall_seconds=0.3)), unsafe=True)
    assert (forever.exit, forever.exceeded) == (None, "time")


ENDLESS = """
import os, time
if os.fork() == 0:
    os.setsid()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        os.write(1, b"still here" * 400)
"""


def test_without_a_sandbox_what_is_left_behind_and_prints_does_not_hold_up_the_end() -> None:
    began = time.monotonic()
    ended = run(python(ENDLESS, HOME), unsafe=True)
    assert (ended.exit, ended.contained) == (0, False)
    assert time.monotonic() - began < 20


@needs_sandbox
def test_a_program_that_is_not_there_is_not_run_without_a_sandbox_either() -> None:
    with pytest.raises(NotRun, match="could not be started") as missing:
        run(Job(("/usr/bin/no-such-program",), {}, (), {}), unsafe=True)
    assert not isinstance(missing.value, NoSandbox)


@needs_sandbox
@pytest.mark.parametrize("path", ["../../escape", "/escape", "x" * 300])
def test_a_file_that_cannot_be_made_inside_is_made_nowhere(path: str) -> None:
    with pytest.raises(NotRun, match="could not be started"):
        run(Job((INTERPRETER,), {}, (), {path: b""}))
    assert not Path("/escape").exists()


def test_a_project_that_is_too_large_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(2000))
    with pytest.raises(NotRun, match="larger than the 1,000 bytes"):
        run_python_tests(tmp_path, limits=Limits(disk_bytes=1000))


def unshared(first: str, code: str) -> str:
    """Return the output of code in a user namespace in which a command ran first."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no `unshare` on the PATH")
    command = [
        unshare,
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        f'{first}; exec "$@"',
        "sh",
        sys.executable,
        "-c",
        code,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


@needs_sandbox
def test_where_user_namespaces_are_forbidden_the_setting_is_named() -> None:
    code = "from tests.handlers.runner.sandbox.projects import why_no_sandbox as why; print(why())"
    said = unshared("echo 0 > /proc/sys/user/max_user_namespaces", code)
    assert said == (
        "this machine does not let a program make a sandbox (a user namespace: No space left on device);"
        " its setting user.max_user_namespaces is 0\n"
    )


@needs_sandbox
def test_who_may_map_no_other_user_has_a_sandbox_too(tmp_path: Path) -> None:
    """Like an ordinary user; here it is a root that is mapped to no other user."""
    (tmp_path / "test_it.py").write_text(
        "import os, unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n"
        "        self.assertEqual(os.getuid(), 1000)\n"
        "        self.assertRaises(OSError, open, '/proc/1/environ')\n"
        "        self.assertRaises(OSError, os.setuid, 0)\n        open('written', 'w').close()\n"
    )
    code = "import pathlib; from agenticai.sandbox.projects import run_python_tests as run; "
    said = unshared(":", f"{code}r = run(pathlib.Path({str(tmp_path)!r})); print(r.passed, r.contained, r.evidence)")
    assert said.startswith("True True"), said


@pytest.mark.parametrize(
    ("setting", "forbidding", "allowing"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("user/max_user_namespaces", "0", "63335"),
    ],
)
def test_settings_that_forbid_a_sandbox_are_named(setting: str, forbidding: str, allowing: str, tmp_path: Path) -> None:
    file = tmp_path / setting
    file.parent.mkdir()
    refused = "this machine does not let a program make a sandbox (mount /: Permission denied)"
    for content, told in (
        (forbidding, f"{refused}; its setting {setting.replace('/', '.')} is {forbidding}"),
        (allowing, refused),
    ):
        file.write_text(f"{content}\n")
        assert explain_refusal("mount /", errno.EACCES, tmp_path) == told


def test_of_the_folders_with_libraries_only_the_interpreters_own_are_kept(tmp_path: Path) -> None:
    own = os.path.realpath(sys.base_prefix)
    listed = os.pathsep.join([f"{own}/lib", str(tmp_path), "", f"{own}/more"])
    assert find_libraries({"LD_LIBRARY_PATH": listed}) == {"LD_LIBRARY_PATH": f"{own}/lib{os.pathsep}{own}/more"}
    assert find_libraries({"LD_LIBRARY_PATH": str(tmp_path)}) == find_libraries({}) == {}


def test_the_users_own_folders_are_hidden_and_none_that_programs_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[Job] = []

    def keep(job: Job) -> EndedRun:
        jobs.append(job)
        return EndedRun(0, "", "", b"", contained=True)

    monkeypatch.setattr(process, "_run", keep)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AGENTICAI_HOME", str(tmp_path / "own"))
    job = Job(("/opt/bin/program",), {}, ("/opt/shown",), {}, hidden=("/srv/x",))
    run(job)
    own = [str(folder / ".agenticai") for folder in (tmp_path, *tmp_path.parents)]
    assert jobs[-1].contained
    assert jobs[-1].hidden == (
        "/srv/x", str(tmp_path / "home"), str(tmp_path), str(ROOT / "handlers"), str(tmp_path / "own"), *own
    )  # fmt: skip
    for needed in (
        "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/lib", "/etc/alternatives", "/nix/store", "/usr", "/etc",
        "/usr/local", "/nix", "/opt/shown", "/opt/bin", "/opt",
    ):  # fmt: skip
        monkeypatch.setenv("AGENTICAI_HOME", needed)
        run(job)
        assert needed not in jobs[-1].hidden, needed


def test_there_is_no_sandbox_on_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(NoSandbox, match=r"^the sandbox needs Linux, and this is Darwin$"):
        run(python("pass"))


def test_there_is_no_sandbox_on_an_unknown_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(OSError, match="the sandbox does not know vax") as refused:
        kernel.find_architecture()
    assert (refused.value.errno, refused.value.filename) == (0, "processor")
    monkeypatch.setattr("struct.calcsize", lambda _: 4)
    with pytest.raises(OSError, match="the sandbox does not know a 32-bit interpreter"):
        kernel.find_architecture()


SAID = '{"began": true}\n'


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        (f'{SAID}{{"exit": 0}}\n', (0, "")),
        (f'{SAID}{{"exit": -9}}\n', (-9, "")),
        (f'{SAID}{{"exceeded": "memory"}}\n', (None, "memory")),
        (SAID, (None, "killed")),
        ("words\n" + SAID, (None, "killed")),
        ("", NoSandbox("the sandbox could not be made: it was killed")),
        ("words\nlast words\n", NoSandbox("the sandbox could not be made: last words")),
        (
            '{"failed": "mount /", "errno": 13}\n',
            NoSandbox("does not let a program make a sandbox (mount /: Permission"),
        ),
        (
            f'{SAID}{{"failed": "/bin/x", "errno": 2}}\n',
            NotRun("could not be started (/bin/x: No such file or directory)"),
        ),
    ],
)
def test_how_a_program_ended_is_what_the_processes_around_it_said(
    status: str, ended: tuple[int | None, str] | NotRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uses a program in place of the one that creates the sandbox."""
    text = f"import sys; sys.stderr.write({status!r}); sys.stdin.buffer.read(1)"
    monkeypatch.setattr(process, "_LAUNCH", text)
    if isinstance(ended, NotRun):
        with pytest.raises(NotRun) as refused:
            run(python("pass"))
        assert type(refused.value) is type(ended)
        assert str(ended) in str(refused.value)
    else:
        found = run(python("pass"))
        assert (found.exit, found.exceeded, found.output, found.report) == (*ended, "", b"")
