"""The API's function: what it is made of, and requests answered over clients of AWS."""

import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from api_handler import app
from api_handler.composition import ApiSettings, make_commands, make_service, make_tokens
from api_handler.routing import Routes
from shared import identifiers
from shared.composition import connect, get_client, read_settings
from shared.models.answers import Check
from tests.fakes.wire import Wire

ENVIRON = {
    "TABLE_NAME": "projects",
    "BUCKET_NAME": "artifacts",
    **{f"{name}_QUEUE_URL": f"https://sqs/{name.lower()}" for name in ("PM", "DEV", "QA", "OPS")},
    "API_TOKEN_PARAMETER": "/token",
    "GEMINI_API_KEY_PARAMETER": "/key",
    "ALLOWED_ORIGIN": "https://app.example",
}
TOKEN = {"Parameter": {"Value": "t", "Version": 1, "LastModifiedDate": 0}}
CACHED = (app._get_api, app._get_tokens, app._get_service, app._get_commands, app._get_settings, app._get_connections)


@pytest.fixture(autouse=True)
def _in_a_function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    for cached in (get_client, *CACHED):
        cached.cache_clear()
    yield
    for cached in (get_client, *CACHED):
        cached.cache_clear()


def call(method: str, path: str, body: object = None) -> tuple[int, Any, dict[str, list[str]]]:
    headers = {"authorization": "Bearer t", "origin": "https://app.example", "content-type": "application/json"}
    event = {
        "path": path, "httpMethod": method, "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {}, "multiValueQueryStringParameters": {},
        "requestContext": {"requestId": "request-1", "stage": "v1", "path": path},
        "body": None if body is None else json.dumps(body), "isBase64Encoded": False,
    }  # fmt: skip
    context: Any = SimpleNamespace(
        function_name="api", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="a",
        get_remaining_time_in_millis=lambda: 29_000,
    )  # fmt: skip
    made = app.handler(event, context)
    return made["statusCode"], json.loads(made["body"] or "null"), made["multiValueHeaders"]


def test_the_function_answers_over_its_clients() -> None:
    tokens = Wire(get_client("ssm", read_timeout=8, attempts=3), (200, TOKEN))
    table = Wire(get_client("dynamodb"), (200, {"Items": []}))
    status, body, headers = call("GET", "/api/projects")
    assert (status, body) == (200, {"items": [], "next": None})
    assert headers["Access-Control-Allow-Origin"] == ["https://app.example"]
    assert [asked["TableName"] for asked in table.bodies] == ["projects"]
    assert tokens.bodies == [{"Name": "/token", "WithDecryption": True}]


def test_the_function_writes_a_project_and_sends_its_first_message() -> None:
    Wire(get_client("ssm", read_timeout=8, attempts=3), (200, TOKEN))
    table = Wire(get_client("dynamodb"), (200, {}))
    body = {"name": "demo", "requirements": "Greet people by name."}
    queues = Wire(get_client("sqs"), (200, {"MessageId": "m"}))
    status, made, _ = call("POST", "/api/projects", body)
    assert (status, made["status"]) == (201, "CREATED")
    assert len(table.bodies) == 1
    assert [asked["QueueUrl"] for asked in queues.bodies] == ["https://sqs/pm"]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the function writes into its log."""
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    return stream


def test_an_unexpected_fault_is_logged_with_its_traceback(log: io.StringIO) -> None:
    Wire(get_client("ssm", read_timeout=8, attempts=3), (200, TOKEN))
    Wire(get_client("dynamodb"), (200, {"Items": [{"no": {"S": "project"}}]}))
    status, body, _ = call("GET", "/api/projects")
    assert (status, body["type"]) == (500, "urn:agenticai:problem:internal")
    logged = json.loads(log.getvalue().splitlines()[-1])
    assert (logged["message"], logged["level"]) == ("a request could not be answered", "ERROR")
    assert logged["correlation_id"] == "request-1"
    assert "Traceback" in logged["exception"]


def test_a_failing_dependency_is_logged_as_a_warning(log: io.StringIO) -> None:
    Wire(get_client("ssm", read_timeout=8, attempts=3), (200, TOKEN))
    for name in ("dynamodb", "s3", "ssm", "sqs"):
        Wire(get_client(name, read_timeout=2, attempts=1), (500, b"{}"))
    app._get_service().health.report()
    levels = {json.loads(line)["level"] for line in log.getvalue().splitlines()}
    assert levels == {"WARNING"}


def test_what_the_function_stands_on_is_made_once() -> None:
    for make in CACHED:
        assert make() is make()


def test_the_use_cases_have_the_connections_and_the_clock() -> None:
    settings = read_settings(ApiSettings, ENVIRON)
    connections = connect(settings)
    service, commands = make_service(connections, settings, print), make_commands(connections)
    for made in (service, commands):
        assert vars(made.projects) == vars(connections.projects)
        assert vars(made.deletion) == vars(connections.deletion)
    assert service.objects is connections.objects
    assert vars(service.archives) == {"_table": connections.table, "_objects": connections.objects}
    assert vars(service.templates) == vars(commands.templates) == {"_table": connections.table}
    assert commands.outgoing is connections.outgoing
    assert vars(commands.requests) == {
        "_table": connections.table, "_clock": identifiers.now, "_new_id": identifiers.new_ulid,
    }  # fmt: skip


def test_the_tokens_are_read_by_the_clock() -> None:
    asked = Wire(get_client("ssm", read_timeout=8, attempts=3), (200, TOKEN))
    tokens = make_tokens(read_settings(ApiSettings, ENVIRON))
    assert tokens.list_valid() == tokens.list_valid() == ("t",)
    assert len(asked.asked) == 1


def test_each_dependency_is_asked_for_what_proves_it() -> None:
    settings = read_settings(ApiSettings, ENVIRON)
    health = make_service(connect(settings), settings, print).health
    found = {"Parameters": [{"Name": "/token"}, {"Name": "/key"}]}
    answers: dict[str, tuple[int, object]] = {
        "dynamodb": (200, {}), "s3": (200, b""), "ssm": (200, found), "sqs": (200, {}),
    }  # fmt: skip
    wires = {name: Wire(get_client(name, read_timeout=2, attempts=1), answer) for name, answer in answers.items()}
    checks = health.report()
    assert [(type(check), check.ok) for check in checks] == [(Check, True)] * 7
    assert all(check.milliseconds >= 0 for check in checks)
    assert wires["dynamodb"].bodies == [{"TableName": "projects", "Key": {"PK": {"S": "-"}, "SK": {"S": "-"}}}]
    assert {body["AttributeNames"][0] for body in wires["sqs"].bodies} == {"QueueArn"}
    assert [asked.url.partition("?")[0].rpartition("/")[2] for asked in wires["s3"].asked] == ["artifacts"]
    health.report()
    assert len(wires["dynamodb"].asked) == 2


def test_the_time_left_is_told_in_seconds() -> None:
    routes = Routes("any")
    context: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 28_500)
    routes.lambda_context = context
    assert routes.remaining() == 28.5
