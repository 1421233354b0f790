"""Gemini's key and the API's token, marked, through whole projects: nothing that remains or is visible has them."""

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agenticai.client.follow import follow
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from shared.models.workflow import ProjectStatus
from tests.fakes.gemini import fake_gemini
from tests.integration.cloud import Cloud

KEY = f"AIzaSyMARKED-gemini-key-{os.getpid():015}"
"""A key of this test process, as another may be starting a command with its own."""

GREETING = load(LIBRARY / "greeting.yaml")


def descendants(pid: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield child
        yield from descendants(child)


def shown_of(pids: Iterable[int]) -> dict[tuple[int, str], bytes]:
    """Return what the system shows of processes: their arguments and environments."""
    shown = {}
    for pid in pids:
        for name in ("cmdline", "environ"):
            try:
                shown[pid, name] = Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue  # it has ended meanwhile
    return shown


@dataclass
class Run:
    """A bench on which projects have ended, its state folder, and what was visible of its processes meanwhile."""

    bench: Bench
    home: Path
    projects: list[str]
    shown: dict[tuple[int, str], bytes]

    def leaks(self, content: str | bytes) -> bool:
        told = content.encode() if isinstance(content, str) else content
        return KEY.encode() in told or self.bench.token.encode() in told


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A new bench whose model repeats its key, in replies and then in an error; the umask protects nothing."""
    home = tmp_path_factory.mktemp("home") / ".agenticai"
    before = os.umask(0)
    try:
        with (
            fake_gemini(CASSETTES / "greeting", echo_key=True) as gemini,
            bench(
                home=home, gemini=gemini.url, gemini_api_key=KEY, environ={**os.environ, "GEMINI_API_KEY": KEY}
            ) as made,
        ):
            run = Run(made, home, [], {})
            play(run, GREETING.first.requirements or "", ProjectStatus.COMPLETED)
            play(run, "Requirements that the model has no answer to.", ProjectStatus.FAILED)
            assert {headers["x-goog-api-key"] for headers in gemini.headers} == {KEY}
            yield run
    finally:
        os.umask(before)


def play(run: Run, requirements: str, expected: ProjectStatus) -> None:
    """Follow a project to its end, and read all processes at each step."""
    assert run.bench.engine
    with run.bench.api() as api:
        project = api.create("marked", requirements)
        run.projects.append(project.id)
        for _ in follow(api, project.id):
            run.shown |= shown_of([run.bench.engine.pid, *descendants(run.bench.engine.pid)])
        assert api.get(project.id).status is expected


def test_no_process_has_them_in_its_arguments_or_environment(run: Run) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc")
    functions = [shown for (_, name), shown in run.shown.items() if b"AWS_LAMBDA_FUNCTION_NAME=" in shown]
    assert len(functions) >= 4
    assert [place for place, shown in run.shown.items() if run.leaks(shown)] == []


def test_they_are_in_no_file(run: Run) -> None:
    files = [path for path in run.home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"engine.log", "0001.yaml"}
    assert [path for path in files if run.leaks(path.read_bytes())] == []


def test_whatever_is_below_the_state_folder_is_its_owners_alone(run: Run) -> None:
    """Except code without secrets that root's sandbox shows to tests run as nobody, behind a closed folder."""
    code = run.home / "cache" / "code"
    assert list(code.glob("*/*/__pycache__/*.pyc")), "functions have written, too"
    opened = (code, run.home / "runtime") if os.geteuid() == 0 else ()
    written = [path for path in (run.home, *run.home.rglob("*")) if not path.is_symlink()]
    shared = [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert [path for path in shared if not any(folder in path.parents for folder in opened)] == []
    assert [path for path in shared if stat.S_IMODE(path.stat().st_mode) & 0o022] == []


def stored(run: Run) -> Iterator[str]:
    """Yield everything that the AWS API returns of the stack, except the two parameters for the secrets."""
    client, outputs = run.bench.target.client, run.bench.outputs
    queues = (*outputs.queue_urls.values(), *outputs.dead_letter_queue_urls.values())
    answers: list[Any] = [
        client("dynamodb").scan(TableName=outputs.table_name)["Items"],
        client("ssm").describe_parameters()["Parameters"],
        client("cloudformation").describe_stacks()["Stacks"],
        client("cloudformation").describe_stack_events(StackName="agenticai-dev")["StackEvents"],
        *(client("lambda").get_function(FunctionName=name) for name in outputs.function_names.values()),
        *(client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10) for url in queues),
        *(
            client("logs").filter_log_events(logGroupName=group["logGroupName"])["events"]
            for group in client("logs").describe_log_groups()["logGroups"]
        ),
    ]
    yield from (json.dumps(answer, default=str) for answer in answers)
    s3, bucket = client("s3"), outputs.bucket_name
    for version in s3.list_object_versions(Bucket=bucket)["Versions"]:
        found = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        yield str(found["Metadata"]) + found["Body"].read().decode("latin-1")


def told(run: Run) -> Iterator[str]:
    """Yield everything that the API and the control API return of the projects."""
    with run.bench.api() as api, run.bench.control() as control:
        for project in run.projects:
            yield api.get(project).model_dump_json()
            yield from (event.model_dump_json() for event in api.list_events(project))
            yield from (api.read_file(project, file.path).decode("latin-1") for file in api.list_files(project))
            yield from (test.model_dump_json() for test in api.list_tests(project))
            yield from (deployment.model_dump_json() for deployment in api.list_deployments(project))
        yield from map(repr, (control.usage(), control.invocations(), control.calls(), control.fired(), run.bench))


def test_they_are_in_no_item_object_log_or_answer(run: Run) -> None:
    everything = [*stored(run), *told(run)]
    assert len([text for text in everything if "REDACTED" in text]) > 3
    assert [text for text in everything if run.leaks(text)] == []


ROOT = Path(__file__).parents[2]
AGENTICAI = """
import sys
from agenticai.emulator import gemini
gemini.GEMINI_API = sys.argv.pop(1)
from agenticai.__main__ import main
main()
"""
"""The command line, with another address for the Gemini API."""

LOOKS_AROUND = """
import os

def handler(event, context):
    mark, found = "".join(event), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{name}", encoding="latin-1") as shown:
                    found += [(pid, name)] if mark in shown.read() else []
            except OSError:
                pass
    return found
"""


@dataclass
class Live:
    """The output of `agenticai up --live`, and its process."""

    printed: dict[str, str]
    process: "subprocess.Popen[str]"

    def agenticai(self, *arguments: str) -> str:
        """Return the output of another command on both streams."""
        command = [sys.executable, "-m", "agenticai", *arguments, "--endpoint", self.printed["endpoint_url"]]
        environ = {**os.environ, "GEMINI_API_KEY": KEY}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    said = tmp_path_factory.mktemp("live") / "stderr"
    with fake_gemini(CASSETTES / "greeting", echo_key=True) as gemini, said.open("w") as errors:
        command = [sys.executable, "-c", AGENTICAI, gemini.url, "up", "--live", "--port", "0", "--json"]
        environ = {**os.environ, "GEMINI_API_KEY": KEY}
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        text = "".join(line for line in iter(lambda: next(lines), "}\n")) + "}"
        yield Live(json.loads(text), process)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    for told in (text, rest, said.read_text()):
        assert KEY not in told
    assert text.count(json.loads(text)["api_token"]) == 1, "it is printed for its user, once"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_function_finds_the_key_in_no_process_not_even_the_one_that_was_started_with_it(live: Live) -> None:
    shown = shown_of([live.process.pid, *descendants(live.process.pid)])
    assert (live.process.pid, "environ") in shown
    assert [place for place, content in shown.items() if KEY.encode() in content] == []
    with Cloud(live.printed["endpoint_url"]) as cloud:
        found = cloud.invoke(cloud.deploy(textwrap.dedent(LOOKS_AROUND)), [KEY[:10], KEY[10:]])
    assert (found.error, found.payload) == (None, [])


def test_what_the_commands_print_of_a_refusal_that_repeats_the_key_is_without_it(live: Live) -> None:
    posted = live.agenticai("new", "Requirements that the model has no answer to.")
    assert "REDACTED" in posted
    for said in (posted, live.agenticai("status"), live.agenticai("status", "--json")):
        assert KEY not in said
        assert live.printed["api_token"] not in said
