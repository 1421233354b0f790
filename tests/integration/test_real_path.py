"""The real path: requirements become software on the embedded engine, with the real functions and queues."""

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from agenticai.client.errors import ApiError
from agenticai.commands.demo import DemoResult, run_demo
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from ops_agent.deployment import write_additions
from ops_agent.project_type import detect
from ops_agent.proof import prove
from shared.models.events import EventType, TimelineEvent
from shared.models.runs import TestsRequested, TestsRun
from shared.models.workflow import ProjectStatus
from shared.packed_files import pack
from shared.runners.lambda_function import LambdaRunner
from tests.integration.cloud import Cloud, eventually

AGENTS = ("pm", "dev", "qa", "ops")


@dataclass(frozen=True)
class Finished:
    """A bench on which the demo has run."""

    bench: Bench
    result: DemoResult
    shown: list[TimelineEvent]


def finish_demo(running: Bench, out: Path) -> Finished:
    """Run the demo on a bench, and download its result."""
    shown: list[TimelineEvent] = []
    scenario = load(LIBRARY / "todo-service.yaml")
    result = run_demo(running, scenario, out, lambda event: shown.append(event) if event else None)
    return Finished(running, result, shown)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    folder = tmp_path_factory.mktemp("demo")
    with bench(run_dir=folder / "run") as running:
        yield finish_demo(running, folder / "out")


def test_the_project_completes_and_its_own_tests_pass(finished: Finished) -> None:
    assert finished.result.project.status is ProjectStatus.COMPLETED
    tests = finished.result.tests
    if tests is None:
        pytest.skip(finished.result.untested)
    assert tests.passed, tests.evidence
    assert (tests.ran, tests.contained) == (14, True)


def test_code_and_package_are_on_disk_and_hold_the_same_files(finished: Finished) -> None:
    downloaded = finished.result.downloaded
    assert downloaded.package is not None
    archive = zipfile.ZipFile(io.BytesIO(downloaded.package.read_bytes()))
    assert {name: archive.read(name) for name in archive.namelist()} == {
        path: (downloaded.code / path).read_bytes() for path in downloaded.files
    }
    assert "todo/lambda_handler.py" in downloaded.files
    assert downloaded.template is not None
    assert "Handler: todo/lambda_handler.handler" in downloaded.template.read_text()


def test_the_score_is_the_sum_of_its_measured_parts(finished: Finished) -> None:
    report = finished.result.report
    measured = [part for part in report.parts if part.measured]
    total = 100 * sum(part.points for part in measured) / sum(part.weight for part in measured)
    assert report.score == pytest.approx(total, abs=0.06)
    assert report.score == finished.result.project.score
    assert report.score > 70


def test_every_event_was_shown_once_and_each_step_has_its_agent(finished: Finished) -> None:
    events = finished.result.events
    assert list(events) == finished.shown
    assert len({event.id for event in events}) == len(events)
    done = [(event.agent, event.work) for event in events if event.type is EventType.WORK_DONE]
    assert [agent for agent, _ in done] == ["pm", *["dev"] * 5, "qa", "ops"]
    assert len(set(done)) == len(done)


def test_a_task_begins_only_after_those_it_depends_on(finished: Finished) -> None:
    order = [(event.type, event.work.split("#")[-1]) for event in finished.result.events if event.agent == "dev"]
    for task, dependency in (("service", "store"), ("entry-points", "service"), ("tests", "entry-points")):
        assert order.index((EventType.WORK_DONE, dependency)) < order.index((EventType.WORK_STARTED, task))


def test_the_meter_counts_what_the_project_used_by_function(finished: Finished) -> None:
    usage = finished.result.usage
    invocations = {row.function: row.invocations for row in usage.functions}
    names = finished.bench.outputs.function_names
    assert {agent: invocations[names[agent]] for agent in AGENTS} == {"pm": 1, "dev": 5, "qa": 1, "ops": 1}
    assert usage.gb_seconds > 0
    assert {"dynamodb", "s3", "sqs"} <= set(usage.calls_by_service)


def test_one_correlation_id_follows_the_project_through_every_function(finished: Finished) -> None:
    logs = finished.bench.target.client("logs")

    def correlation_ids(function: str) -> set[str]:
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{finished.bench.outputs.function_names[function]}")
        lines = [event["message"] for event in found["events"] if event["message"].startswith("{")]
        entries = [json.loads(line) for line in lines]
        return {e["correlation_id"] for e in entries if e.get("project_id") == finished.result.project.id}

    ids = [correlation_ids(agent) for agent in AGENTS]
    assert len(set.union(*ids)) == 1
    assert all(ids)


def test_what_became_of_the_project_is_in_the_logs_as_metrics(finished: Finished) -> None:
    logs, names = finished.bench.target.client("logs"), finished.bench.outputs.function_names

    def published(function: str) -> dict[str, list[float]]:
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{names[function]}")["events"]
        lines = [json.loads(event["message"]) for event in found if '"CloudWatchMetrics"' in event["message"]]
        metrics = {each["Name"] for line in lines for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
        return {name: [line[name][0] for line in lines if name in line] for name in metrics}

    assert published("pm")["ProjectsBegun"] == [1]
    assert published("qa")["Score"] == [finished.result.project.score]
    assert published("ops") == {"ProjectsCompleted": [1]}
    tokens = finished.result.project.tokens
    asked = [published(function)["PromptTokens"] for function in ("pm", "dev")]
    assert sum(sum(values) for values in asked) == tokens.prompt_tokens


def test_the_stage_has_its_alarms_which_tell_its_topic(finished: Finished) -> None:
    found = finished.bench.target.client("cloudwatch").describe_alarms(AlarmNamePrefix="agenticai-")["MetricAlarms"]
    kinds = [f"{agent}-{kind}" for agent in AGENTS for kind in ("dlq", "age")]
    assert {alarm["AlarmName"] for alarm in found} == {
        f"agenticai-{name}-dev" for name in (*kinds, "api-failures", "api-latency")
    }
    topics = {topic for alarm in found for topic in (*alarm["AlarmActions"], *alarm["OKActions"])}
    assert [topic.rpartition(":")[2] for topic in topics] == ["agenticai-alarms-dev"]


def test_nothing_is_left_in_any_queue(finished: Finished) -> None:
    outputs = finished.bench.outputs
    with Cloud(finished.bench.target.endpoint_url) as cloud:
        for url in (*outputs.queue_urls.values(), *outputs.dead_letter_queue_urls.values()):
            eventually(lambda url=url: cloud.depth(url) == 0)  # type: ignore[misc]


def test_an_ordinary_client_sees_what_the_template_declares(finished: Finished) -> None:
    target, outputs = finished.bench.target, finished.bench.outputs
    queues = {url.rsplit("/", 1)[1] for url in target.client("sqs").list_queues()["QueueUrls"]}
    assert queues == {f"agenticai-{agent}-{kind}-dev" for agent in AGENTS for kind in ("queue", "dlq")}
    assert target.client("dynamodb").describe_table(TableName=outputs.table_name)["Table"]["TableStatus"] == "ACTIVE"
    assert target.client("s3").get_bucket_versioning(Bucket=outputs.bucket_name)["Status"] == "Enabled"
    apis = target.client("apigateway").get_rest_apis()["items"]
    assert [api["id"] for api in apis] == [outputs.api_id]


def test_the_health_route_is_open_and_all_others_want_the_token(finished: Finished) -> None:
    url = finished.bench.outputs.api_url
    assert httpx2.get(f"{url}/health", timeout=60).json() == {"status": "ok"}
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {finished.bench.token}"}):
        for refused in (
            httpx2.get(f"{url}/api/projects", headers=headers, timeout=60),
            httpx2.post(f"{url}/api/projects", headers=headers, json={}, timeout=60),
        ):
            assert refused.status_code == 401
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.headers["www-authenticate"].startswith("Bearer")


def test_what_the_api_refuses_comes_with_a_reason(finished: Finished) -> None:
    with finished.bench.api() as api:
        for call, reason in (
            (lambda: api.create("", "too short"), "422.*name.*requirements"),
            (lambda: api.get("0" * 26), "404.*no such project"),
            (lambda: api.get("not-an-id"), "422.*project_id"),
            (lambda: api.read_file(finished.result.project.id, "no/such.py"), "404.*no such file"),
            (lambda: api.list_projects(limit=0), "422.*limit"),
            (lambda: api.list_projects(cursor="abc"), "400.*cursor"),
        ):
            with pytest.raises(ApiError, match=f"(?s){reason}"):
                call()


def test_projects_are_listed_newest_first_page_by_page(finished: Finished) -> None:
    with finished.bench.api() as api:
        posted = [api.create(f"listed {number}", "A project that nobody has a reply for.").id for number in range(3)]
        first = api.list_projects(limit=2)
        second = api.list_projects(limit=2, cursor=first.next)
    seen = [project.id for project in (*first.items, *second.items)]
    assert seen == [*reversed(posted), finished.result.project.id]


def test_a_request_without_a_stored_reply_fails_the_project_with_the_reason(finished: Finished) -> None:
    with finished.bench.api() as api:
        project = api.create("unknown", "A program for which no reply is stored.")
        eventually(lambda: api.get(project.id).status is ProjectStatus.FAILED)
        failure = api.get(project.id).failure
    assert failure is not None
    assert failure.step == "pm"
    assert failure.reason.startswith('No stored reply fits "Plan the software')


def test_qa_had_the_tests_run_by_the_runner_whose_use_is_the_projects(finished: Finished) -> None:
    (run,) = finished.result.report.runs
    if run.not_run:
        pytest.skip(run.not_run)
    assert (run.collected, run.contained, run.trouble) == (14, True, "")
    assert all(each.noticed for each in run.emptied if each.called)
    runner = finished.bench.outputs.function_names["runner"]
    (used,) = [row for row in finished.result.usage.functions if row.function == runner]
    assert used.invocations == 2, "QA asks once, and Ops tries the package"
    assert used.gb_seconds > 0


HOSTILE = """
import os
import subprocess
import unittest


class Hostile(unittest.TestCase):
    def test_it(self):
        subprocess.Popen(["sleep", "86397.5"], start_new_session=True)
        found = [str(dict(os.environ))]
        for process in filter(str.isdecimal, os.listdir("/proc")):
            try:
                found.append(open(f"/proc/{process}/environ").read())
            except OSError:
                pass
        for name in ("AWS_", "TABLE_NAME", "GEMINI"):
            self.assertNotIn(name, str(found))
        with self.assertRaises(OSError):
            os.listdir(os.path.expanduser("~root"))
"""


def test_a_hostile_project_reads_nothing_of_the_engine_and_leaves_nothing(finished: Finished) -> None:
    asked = TestsRequested(
        project_id=finished.result.project.id, language="python", files=pack({"test_it.py": HOSTILE.encode()})
    )
    answer = finished.bench.target.client("lambda").invoke(
        FunctionName=finished.bench.outputs.function_names["runner"],
        Payload=asked.model_dump_json(by_alias=True).encode(),
    )
    run = TestsRun.model_validate_json(answer["Payload"].read())
    if run.not_run:
        pytest.skip(run.not_run)
    assert [(test.outcome, test.message) for test in run.tests] == [("passed", "")]
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "86397.5" not in listed


FASTAPI = """
from fastapi import FastAPI
from store import items

app = FastAPI()


@app.get("/")
def root():
    return items
"""

FLASK = """
import flask
from .store import items

application: flask.Flask = flask.Flask(__name__)


@application.get("/")
def root():
    return items
"""


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"src/main.py": FASTAPI, "src/store.py": "items = [1]\n", "requirements.txt": "fastapi\n"}, "src"),
        (
            {
                "web/__init__.py": "",
                "web/app.py": FLASK,
                "web/store.py": "items = [1]\n",
                "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["flask>=3"]\n',
            },
            ".",
        ),
    ],
    ids=["fastapi", "flask"],
)
def test_a_web_application_answers_as_a_function_by_its_frameworks_adapter(
    finished: Finished, files: dict[str, str], root: str
) -> None:
    detected = detect(files)
    contents = {path: text.encode() for path, text in files.items()} | write_additions(files, detected)
    function = finished.bench.outputs.function_names["runner"]
    runner = LambdaRunner(lambda: finished.bench.target.client("lambda"), function)
    proof = prove(runner, finished.result.project.id, contents, detected)
    if proof.passed is None and " needs " not in proof.summary:
        pytest.skip(proof.summary)
    assert proof.summary.endswith("lambda_entry.handler was imported from the package and answered an HTTP API's GET /")
    assert [function.root for function in proof.functions] == [root]
