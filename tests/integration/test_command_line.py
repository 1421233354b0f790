"""The command line as users run it: each command in its own process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from agenticai.command_line import app
from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.home import find_home
from agenticai.emulator.faults.rules import Call, CallFault, Latency
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.scenarios.format.script import Modify
from tests.forking import run_command
from tests.integration.cloud import alive, eventually
from tests.screenshots import free_port

ROOT = Path(__file__).parents[2]
GREETING = load(LIBRARY / "greeting.yaml")
COMMAND = [sys.executable, "-m", "agenticai"]


def run(*arguments: str, stdin: str = "", **environ: str) -> "subprocess.CompletedProcess[str]":
    return run_command(*arguments, cwd=ROOT, env=without_key() | environ, stdin=stdin)


def without_key() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "GEMINI_API_KEY"}


def home_of_its_own(folder: Path) -> Path:
    """Create a state folder without other tests' engines; installed software is the project's."""
    installed = find_home(folder=ROOT)
    for name in ("runtime", "cache"):
        (installed / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(installed / name)
    return folder


@contextmanager
def served(home: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run `agenticai up` on a free port, recorded in a state folder; yield its output."""
    with subprocess.Popen(
        [*COMMAND, "up", "--port", "0", "--json", *options],
        cwd=ROOT,
        env={**os.environ, "AGENTICAI_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        text = ""
        while line := process.stdout.readline():
            text += line
            if line == "}\n":
                break
        try:
            yield json.loads(text)
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder in which the engine is recorded; commands without it need the engine's address."""
    return home_of_its_own(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def up(home: Path) -> Iterator[dict[str, Any]]:
    with served(home) as told:
        yield told


def test_a_request_from_a_file_is_followed_to_its_end_listed_and_fetched(up: dict[str, Any], tmp_path: Path) -> None:
    requirements = load(LIBRARY / "todo-service.yaml").first.requirements
    file = tmp_path / "requirements.md"
    file.write_text(str(requirements))
    endpoint = ("--endpoint", up["endpoint_url"])

    posted = run("new", "--file", str(file), "--name", "To-do", *endpoint)
    assert posted.returncode == 0, posted.stderr
    assert "pm-queue → pm" in posted.stdout
    assert "\x1b[" not in posted.stdout

    listed = json.loads(run("status", "--json", *endpoint).stdout)
    (project,) = listed["items"]
    assert (project["name"], project["status"]) == ("To-do", "COMPLETED")

    shown = run("status", project["id"], *endpoint)
    assert "plan 1" in shown.stdout

    fetched = run("get", project["id"], "--out", str(tmp_path), *endpoint)
    assert fetched.returncode == 0, fetched.stderr
    assert (tmp_path / project["id"] / "code" / "todo" / "service.py").exists()
    assert (tmp_path / project["id"] / "package.zip").exists()


def test_a_finished_project_is_changed(up: dict[str, Any], tmp_path: Path) -> None:
    endpoint = ("--endpoint", up["endpoint_url"])
    posted = run("new", "--file", "docs/examples/greeting.md", "--json", *endpoint)
    project = json.loads(posted.stdout)
    assert (project["status"], project["revision"]["build"]) == ("COMPLETED", 1)
    change = tmp_path / "change.md"
    change.write_text(next(step.modify.requirements for step in GREETING.steps if isinstance(step, Modify)))
    changed = run("modify", project["id"], "--file", str(change), *endpoint)
    assert changed.returncode == 0, changed.stderr
    assert "planned 2 tasks: groups, tests" in changed.stdout
    assert "planned 2 tasks: greeting, tests" not in changed.stdout, "what was before is not followed again"
    assert f"-m agenticai get {project['id']} " in changed.stdout
    refused = run("retry", project["id"], *endpoint)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "COMPLETED: there is nothing to retry" in refused.stderr


def test_a_step_that_failed_is_tried_again_and_followed_and_there_is_nothing_to_get(up: dict[str, Any]) -> None:
    endpoint = ("--endpoint", up["endpoint_url"])
    posted = run("new", "No reply is stored for what this asks.", *endpoint)
    assert posted.returncode == 1
    project_id = posted.stdout.split("Posted as ")[1].split(".")[0]
    assert f"agenticai retry {project_id}" in posted.stdout
    retried = run("retry", project_id, *endpoint)
    assert retried.returncode == 1
    assert "✗ pm-queue → pm" in retried.stdout
    ended = json.loads(run("retry", project_id, "--json", *endpoint).stdout)
    assert (ended["id"], ended["status"]) == (project_id, "FAILED")
    fetched = run("get", project_id, *endpoint)
    assert (fetched.returncode, fetched.stderr.count("\n")) == (1, 1)
    assert "failed before it had any file: `" in fetched.stderr


def test_templates_are_listed_and_one_that_is_not_there_is_named(up: dict[str, Any]) -> None:
    endpoint = ("--endpoint", up["endpoint_url"])
    listed = json.loads(run("templates", "--json", *endpoint).stdout)
    assert {"rest-service", "static-site", "cli-tool"} <= {template["id"] for template in listed}
    shown = run("templates", *endpoint).stdout
    assert all(template["id"] in shown for template in listed)
    refused = run("new", "--template", "no-such", *endpoint)
    assert refused.returncode == 1
    assert refused.stderr.startswith("agenticai: There is no template no-such: choose one of cli-tool, ")


def test_a_token_is_rotated_while_the_one_before_stays_valid(up: dict[str, Any]) -> None:
    endpoint = ("--endpoint", up["endpoint_url"])
    shown = run("token", "rotate", *endpoint)
    assert shown.returncode == 0, shown.stderr
    assert "the one before for 24 more hours" in shown.stdout
    rotated = json.loads(run("token", "rotate", "--json", *endpoint).stdout)
    assert rotated["old_token_valid_seconds"] == 86_400
    assert rotated["api_token"] not in shown.stdout
    assert run("status", *endpoint).returncode == 0, "the command takes the new token, and the API knows it"


def test_the_engine_is_found_and_the_last_project_too(up: dict[str, Any], home: Path, tmp_path: Path) -> None:
    def found(*arguments: str) -> str:
        done = run(*arguments, AGENTICAI_HOME=str(home))
        assert done.returncode == 0, done.stderr
        return done.stdout

    posted = found("new", "--file", "docs/examples/greeting.md", "--name", "The last [/one]")
    project_id = posted.split("Posted as ")[1].split(".")[0]
    assert f"-m agenticai get {project_id} writes" in posted
    assert f"{project_id} The last [/one]: COMPLETED" in found("status", "last")
    assert json.loads(found("status", project_id[:25].lower(), "--json"))["project"]["id"] == project_id
    followed = found("follow", project_id[:25])
    assert followed.splitlines()[0].startswith("✓ api              created")
    assert followed.splitlines()[1:] == posted.splitlines()[2:]
    assert f"{tmp_path}/{project_id}/code" in found("get", "last", "--out", str(tmp_path))


@pytest.mark.parametrize("columns", ["60", "80"])
def test_in_a_narrow_terminal_of_ascii_ids_are_whole(columns: str, up: dict[str, Any]) -> None:
    environ = without_key() | {"COLUMNS": columns, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [*COMMAND, *arguments, "--endpoint", up["endpoint_url"]]
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False)

    posted = run("new", "--file", "docs/examples/greeting.md")
    assert (posted.returncode, posted.stderr) == (0, "")
    assert posted.stdout.isascii()
    assert "+ pm-queue -> pm" in posted.stdout
    listed = run("status")
    assert posted.stdout.split("Posted as ")[1].split(".")[0] in listed.stdout
    assert max(map(len, listed.stdout.splitlines())) <= int(columns)


@pytest.mark.usefixtures("interruptible")
def test_who_stops_to_follow_is_told_how_to_go_on(up: dict[str, Any]) -> None:
    slow = CallFault(when=Call(service="gemini"), then=Latency(do="latency", seconds=5))
    with ControlClient(up["endpoint_url"]) as control:
        control.faults([slow])
        new = [*COMMAND, "new", "--file", "docs/examples/greeting.md", "--endpoint", up["endpoint_url"]]
        with subprocess.Popen(new, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            project_id = process.stdout.readline().split("Posted as ")[1].rstrip(".\n")
            eventually(control.fired)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=300)
    again = f"-m agenticai follow {project_id} --endpoint {up['endpoint_url']}` follows it.\n"
    assert process.returncode == 130
    assert said.startswith(f"agenticai: interrupted; project {project_id} goes on: `")
    assert said.endswith(again)
    assert run("follow", project_id, "--endpoint", up["endpoint_url"]).returncode == 0


@pytest.mark.parametrize("command", ["status", "get", "retry"])
def test_what_can_be_no_projects_id_is_one_sentence(command: str, up: dict[str, Any]) -> None:
    missing = run(command, "nope", "--endpoint", up["endpoint_url"])
    assert missing.returncode == 1
    assert missing.stderr.startswith("agenticai: There is no project nope; `")
    assert missing.stderr.endswith(" status` lists them.\n")


def test_a_stage_that_is_not_there_is_one_sentence(up: dict[str, Any]) -> None:
    missing = run("status", "--stage", "prod", "--endpoint", up["endpoint_url"])
    assert missing.returncode == 1
    assert f"There is no stack agenticai-prod at {up['endpoint_url']}" in missing.stderr


def test_a_project_that_is_not_there_is_one_sentence(up: dict[str, Any]) -> None:
    missing = run("status", "0" * 26, "--endpoint", up["endpoint_url"])
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert "no such project" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("status", "--endpoint", "http://127.0.0.1:9"), "Nothing answers at http://127.0.0.1:9"),
        (("token", "rotate", "--endpoint", "http://127.0.0.1:9"), "Nothing answers at http://127.0.0.1:9"),
        (("new", "--endpoint", "http://127.0.0.1:9"), "Give the requirements as text or with --file"),
        (("new", "--file", "no-such-file.md", "--endpoint", "http://127.0.0.1:9"), "cannot be read as text"),
        (("demo", "--out", "README.md"), "README.md is not a folder"),
        (("get", "0" * 26, "--out", "README.md", "--endpoint", "http://127.0.0.1:9"), "README.md is not a folder"),
        (("modify", "0" * 26, "--endpoint", "http://127.0.0.1:9"), "Say what is to change"),
        (("modify", "0" * 26, "More.", "--file", "more.md", "--endpoint", "http://127.0.0.1:9"), "and not both"),
        (("up", "--live"), "needs a key for the Gemini API"),
        (("up", "--allow-origin", "*"), "such as http://localhost:5173, not '*'"),
        (("up", "--allow-host", "http://bench.example"), "takes the name of a host"),
        (("up", "--host", "192.0.2.1", "--port", "0"), "cannot listen on 192.0.2.1"),
        (("up", "--host", "no-such-host.invalid", "--port", "0"), "cannot listen on no-such-host.invalid"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    refused = run(*arguments)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_taken_port_is_one_sentence(up: dict[str, Any]) -> None:
    refused = run("up", "--port", up["endpoint_url"].rsplit(":", 1)[1])
    assert refused.returncode == 1
    assert "is in use" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_the_engine_ends_with_the_command_even_when_that_is_killed() -> None:
    process = subprocess.Popen([*COMMAND, "up", "--port", "0", "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    engines = [int(pid) for pid in _children(process.pid)]
    assert engines
    process.kill()
    process.wait(60)
    process.stdout.close()
    eventually(lambda: not any(alive(pid) for pid in engines))


def _children(pid: int) -> list[str]:
    """Return the child processes of a process."""
    if not Path("/proc").is_dir():
        pytest.skip("needs /proc to see a process's children")
    listed = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if fields[1] == str(pid):
            listed.append(stat.parent.name)
    return listed


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_command_says_so_and_leaves_nothing_behind() -> None:
    replay = [*COMMAND, "replay", "greeting"]
    process = subprocess.Popen(replay, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    eventually(lambda: _children(process.pid))
    engines = [int(pid) for pid in _children(process.pid)]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert (process.returncode, said.decode()) == (130, "agenticai: interrupted.\n")
    eventually(lambda: not any(alive(pid) for pid in engines))


@pytest.mark.usefixtures("interruptible")
def test_the_dashboard_ends_without_an_error_when_it_is_interrupted() -> None:
    nowhere = ["dashboard", "--no-browser", "--port", str(free_port()), "--endpoint", "http://127.0.0.1:9"]
    with subprocess.Popen([*COMMAND, *nowhere], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("The dashboard is at http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=300)
    assert (process.returncode, said) == (0, "Stopping.\n")


def test_help_lists_every_command() -> None:
    shown = run("--help")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {"up", "demo", "new", "replay", "sweep", "record"} <= set(commands)
    assert [name for name in commands if name not in shown.stdout] == [], shown.stdout + shown.stderr
