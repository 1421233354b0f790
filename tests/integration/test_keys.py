"""Gemini's key and the API's token, marked, through a whole project: nothing that is left or can be seen has them."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.client.follow import follow
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from shared.models.workflow import ProjectStatus
from tests.fakes.gemini import fake_gemini

KEY = "AIzaSyMARKED-gemini-key-0123456789abcd"
GREETING = load(LIBRARY / "greeting.yaml")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "run"


@pytest.fixture(scope="module")
def running(run_dir: Path) -> Iterator[Bench]:
    """A bench whose model is asked over a network and repeats its key: in a reply, and then in an error."""
    before = os.umask(0)
    with (
        fake_gemini(CASSETTES / "greeting", echo_key=True) as gemini,
        bench(
            cassettes=run_dir.parent,
            run_dir=run_dir,
            gemini=gemini.url,
            gemini_api_key=KEY,
            environ={**os.environ, "GEMINI_API_KEY": KEY},
        ) as made,
    ):
        os.umask(before)
        with made.api() as api:
            completed = api.create("greeting", GREETING.first.requirements)
            assert [event for event in follow(api, completed.id) if event][-1].status is ProjectStatus.COMPLETED
            refused = api.create("unknown", "Requirements that the model has no answer to.")
            assert [event for event in follow(api, refused.id) if event][-1].status is ProjectStatus.FAILED
        yield made


def children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from children(int(child))


def secrets_of(running: Bench) -> tuple[bytes, bytes]:
    return KEY.encode(), running.token.encode()


def test_no_process_has_them_in_its_arguments_or_environment(running: Bench) -> None:
    assert running.engine
    pids = [running.engine.pid, *children(running.engine.pid)]
    assert len(pids) > 4
    for pid in pids:
        for name in ("environ", "cmdline"):
            content = Path(f"/proc/{pid}/{name}").read_bytes()
            assert not [secret for secret in secrets_of(running) if secret in content], (pid, name)


def test_they_are_in_no_file_and_what_is_written_is_private(running: Bench, run_dir: Path) -> None:
    files = [path for path in run_dir.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"engine.log", "0001.yaml"}
    for path in files:
        assert not [secret for secret in secrets_of(running) if secret in path.read_bytes()], path
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(run_dir.stat().st_mode) == 0o700


def test_they_are_in_no_item_object_log_or_answer(running: Bench) -> None:
    target = running.target
    told = [json.dumps(target.client("dynamodb").scan(TableName=running.outputs.table_name)["Items"], default=str)]
    s3, bucket = target.client("s3"), running.outputs.bucket_name
    keys = [listed["Key"] for listed in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    told += [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(errors="replace") for key in keys]
    logs = target.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        told += [event["message"] for event in events]
    functions = target.client("lambda")
    told += [
        json.dumps(functions.get_function(FunctionName=name), default=str)
        for name in running.outputs.function_names.values()
    ]
    with running.api() as api, running.control() as control:
        told += [project.model_dump_json() for project in api.listed().items]
        told += [repr(control.usage()), repr(control.invocations()), repr(control.calls()), repr(running)]
    everything = "\n".join(told)
    assert "[REDACTED]" in everything or "REDACTED" in everything
    assert not [secret for secret in secrets_of(running) if secret.decode() in everything]
