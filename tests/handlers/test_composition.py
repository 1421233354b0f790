"""Composition from settings: resource names, clients with their limits, and links that S3 accepts."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from shared import identifiers
from shared.composition import (
    Connections,
    ModelSettings,
    RunningSettings,
    Settings,
    connect,
    connect_model,
    connect_runner,
    get_client,
    make_adapter,
    read_settings,
)
from shared.functions import make_agent_function
from shared.language_model.port import Delivery, ModelUnusable, Prompt
from shared.metrics import Metric, ignore_metrics
from shared.models.messages import PlanRequested, TaskReady
from shared.models.project import Project, Revision, StoredObject
from shared.models.runs import Language, TestsRequested
from shared.models.workflow import ProjectStatus
from shared.queues import AgentQueue
from shared.storage.table import Key, Put
from shared.worker import WorkOutcome
from shared.works import Changes
from tests.fakes.objects import InMemoryObjects
from tests.fakes.table import InMemoryTable
from tests.fakes.wire import Wire

ENVIRON = {
    "TABLE_NAME": "projects",
    "BUCKET_NAME": "artifacts",
    **{
        f"{queue}_QUEUE_URL": f"https://sqs.us-east-1.amazonaws.com/1/{queue.lower()}"
        for queue in AgentQueue.__members__
    },
    "RUNNER_FUNCTION": "runner",
    "NODE_RUNNER_FUNCTION": "node-runner",
    "PATH": "/bin",
}


@pytest.fixture(autouse=True)
def _in_a_function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    get_client.cache_clear()
    yield
    get_client.cache_clear()


def test_a_setting_that_is_missing_is_named() -> None:
    assert read_settings(Settings, ENVIRON).table_name == "projects"
    with pytest.raises(ValidationError, match="bucket_name"):
        read_settings(Settings, {name: value for name, value in ENVIRON.items() if name != "BUCKET_NAME"})


def test_each_setting_names_what_is_asked() -> None:
    connections = connect(read_settings(Settings, ENVIRON))
    table, objects, queues = (Wire(get_client(name), (200, b"")) for name in ("dynamodb", "s3", "sqs"))
    connections.table.get(Key("P#1", "A"))
    connections.objects.put("k", b"", "text/plain")
    for queue in AgentQueue:
        connections.postpone(queue)("handle", 30)
    connections.outgoing.send(
        [PlanRequested(project_id="01JABCDEFGHJKMNPQRSTVWXYZ0", correlation_id="c", revision=Revision(build=1))]
    )
    assert table.bodies[0]["TableName"] == "projects"
    assert urlsplit(objects.asked[0].url).path == "/artifacts/k"
    assert [body["QueueUrl"].rpartition("/")[2] for body in queues.bodies] == ["pm", "dev", "qa", "ops", "pm"]


@dataclass
class FakeContext:
    """The context that Lambda passes to a function."""

    function_name: str = "pm"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn"
    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def test_an_agents_function_is_composed_once_and_puts_off_what_it_cannot_read_in_its_own_queue() -> None:
    made: list[tuple[Connections, Settings]] = []

    def agent(connections: Connections, settings: Settings) -> Any:
        made.append((connections, settings))

    handler = make_agent_function(TaskReady, agent, ENVIRON, Settings)
    assert made == []
    queues = Wire(get_client("sqs"), (200, {}))
    attributes = {"ApproximateReceiveCount": "1"}
    record = {"messageId": "m", "receiptHandle": "r", "body": "no message", "attributes": attributes}
    for _ in range(2):
        answer = handler({"Records": [record]}, FakeContext())  # type: ignore[arg-type]
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    ((connections, settings),) = made
    assert (settings.table_name, type(connections)) == ("projects", Connections)
    assert [body["QueueUrl"].rpartition("/")[2] for body in queues.bodies] == ["dev", "dev"]
    assert {(body["ReceiptHandle"], body["VisibilityTimeout"]) for body in queues.bodies} == {("r", 0)}


@pytest.mark.parametrize("agent", ["pm", "dev", "qa", "ops"])
def test_each_agents_function_serves_its_own_queue_with_the_settings_of_its_environment(
    agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (ENVIRON | {"GEMINI_API_KEY_PARAMETER": "/dev/key", "GEMINI_MODEL": "m"}).items():
        monkeypatch.setenv(name, value)
    worker = importlib.reload(importlib.import_module(f"{agent}_agent.worker"))
    queues = Wire(get_client("sqs"), (200, {}))
    record = {"messageId": "m", "receiptHandle": "r", "body": "?", "attributes": {"ApproximateReceiveCount": "1"}}
    assert worker.handler({"Records": [record]}, FakeContext()) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert [body["QueueUrl"].rpartition("/")[2] for body in queues.bodies] == [agent]


def test_metrics_are_written_only_where_they_are_asked_for() -> None:
    settings = read_settings(Settings, ENVIRON)
    assert connect(settings).measure is ignore_metrics
    assert connect(settings.model_copy(update={"business_metrics": True})).measure is not ignore_metrics


def test_a_link_is_signed_as_every_region_takes_it_and_ends_when_it_is_asked_to() -> None:
    link = urlsplit(
        connect(read_settings(Settings, ENVIRON)).objects.link(StoredObject(key="a/b.zip", size=1, sha256="0" * 64), 90)
    )
    assert link.path == "/artifacts/a/b.zip"
    query = parse_qs(link.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["90"]


@pytest.mark.parametrize(
    ("options", "connect_s", "read_s", "attempts"),
    [({}, 3, 20, 4), ({"read_timeout": 150, "attempts": 1}, 3, 150, 1), ({"read_timeout": 1}, 0.5, 1, 4)],
)
def test_an_answer_is_waited_for_as_long_as_it_takes(
    options: Any, connect_s: float, read_s: float, attempts: int
) -> None:
    config = get_client("lambda", **options).meta.config
    assert (config.connect_timeout, config.read_timeout) == (connect_s, read_s)
    assert config.retries["total_max_attempts"] == attempts


def test_every_client_retries_as_the_sdks_agree_and_s3_is_asked_by_path_with_a_signature_of_today() -> None:
    for service, signature in (("s3", "s3v4"), ("sqs", "v4"), ("dynamodb", "v4")):
        config = get_client(service).meta.config
        assert config.retries["mode"] == "standard"
        assert (config.signature_version, config.s3) == (signature, {"addressing_style": "path"})


def test_the_clients_have_one_session() -> None:
    from shared.composition import _get_session

    assert _get_session() is _get_session()


@pytest.mark.parametrize("named", ["google-genai", "google-generativeai"])
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/gemini", ""])
def test_the_adapter_asks_the_model_and_the_endpoint_that_the_settings_name(named: str, endpoint: str) -> None:
    settings = ModelSettings.model_validate(
        {"gemini_api_key_parameter": "/p", "gemini_model": "m", "gemini_endpoint": endpoint, "model_adapter": named}
    )
    asked = vars(make_adapter(settings, "key"))
    assert {name: asked[name] for name in ("_api_key", "_model", "_endpoint")} == {
        "_api_key": "key", "_model": "m", "_endpoint": endpoint or None,
    }  # fmt: skip


def test_a_stage_is_the_metrics_service(capsys: pytest.CaptureFixture[str]) -> None:
    settings = read_settings(Settings, ENVIRON | {"BUSINESS_METRICS": "true", "STAGE": "prod"})
    connect(settings).measure({Metric.COMPLETED: 1})
    assert json.loads(capsys.readouterr().out)["service"] == "agenticai-prod"


def test_a_worker_has_the_connections_of_its_function() -> None:
    table, objects, notes, agent = InMemoryTable(), InMemoryObjects(), list[str](), Idle()
    connections = replace(connect(read_settings(Settings, ENVIRON)), table=table, objects=objects)
    worker = connections.make_worker(agent, notes.append)
    assert (worker.agent, worker.outgoing, worker.measure) == (agent, connections.outgoing, ignore_metrics)
    worker.note("told")
    assert notes == ["told"]
    assert worker.clock is identifiers.now
    message = PlanRequested(project_id="0" * 26, correlation_id="c", revision=Revision(build=1))
    table.write(Put(Key("PROJECT#" + "0" * 26, "FILE#a"), {}))
    objects.put(f"plans/{message.project_id}/1/a", b"", "text/plain")
    assert worker.handle(message, lambda: 300.0) is WorkOutcome.DELETED
    assert (table.items, objects.contents) == ({}, {})


class Idle:
    """An agent that is never asked to work."""

    name = "pm"
    status = ProjectStatus.PLANNING

    def work(self, message: PlanRequested, project: Project, delivery: Delivery) -> None:
        raise AssertionError

    def conclude(self, message: PlanRequested, project: Project, result: None) -> Changes:
        raise AssertionError


def test_clients_are_made_once() -> None:
    assert get_client("sqs") is get_client("sqs")
    assert get_client("sqs") is not get_client("s3")


def test_a_model_whose_key_cannot_be_read_is_asked_again_and_one_without_a_key_is_not() -> None:
    named = {"gemini_api_key_parameter": "/dev/key", "gemini_model": "m"}
    waited: list[float] = []
    model = connect_model(ModelSettings.model_validate(named), waited.append)
    throttled = (400, {"__type": "AccessDeniedException"})
    parameters = Wire(get_client("ssm"), throttled, (400, {"__type": "ParameterNotFound"}))
    with pytest.raises(ModelUnusable, match="there is no API key for the model in /dev/key"):
        model.generate(Prompt("system", "text"), lambda: 900.0)
    assert [(body["Name"], body["WithDecryption"]) for body in parameters.bodies] == [("/dev/key", True)] * 2
    assert len(waited) == 1
    assert 0 <= waited[0] <= 2


@pytest.mark.parametrize(("language", "function"), [("python", "runner"), ("node", "node-runner")])
def test_a_run_is_asked_for_once_and_waited_for_longer_than_the_function_takes(
    language: Language, function: str
) -> None:
    runner = connect_runner(read_settings(RunningSettings, ENVIRON))
    asked = get_client("lambda", read_timeout=150.0, attempts=1)
    wire = Wire(asked, (200, {"language": language}))
    assert runner.run(TestsRequested(project_id="p", language=language, files="")).language == language
    assert wire.asked[0].url.endswith(f"/functions/{function}/invocations")
