"""The deep health check: each dependency is called, and failures are reported by its name."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest

from api_handler.composition import ApiSettings, make_service
from api_handler.health import HealthChecks
from shared.composition import connect, get_client, read_settings
from shared.identifiers import now
from shared.models.answers import Check
from tests.fakes.api import START
from tests.fakes.wire import Wire

ENVIRON = {
    "TABLE_NAME": "projects",
    "BUCKET_NAME": "artifacts",
    "PM_QUEUE_URL": "https://sqs/pm",
    "DEV_QUEUE_URL": "https://sqs/dev",
    "QA_QUEUE_URL": "https://sqs/qa",
    "OPS_QUEUE_URL": "https://sqs/ops",
    "API_TOKEN_PARAMETER": "/token",
    "GEMINI_API_KEY_PARAMETER": "/key",
}
THINGS = ["table", "bucket", "parameters", "pm-queue", "dev-queue", "qa-queue", "ops-queue"]
BOTH = {"Parameters": [{"Name": "/token"}, {"Name": "/key"}]}


@pytest.fixture(autouse=True)
def _in_a_function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    get_client.cache_clear()
    yield
    get_client.cache_clear()


def report(notes: list[str], **answers: tuple[int, object]) -> tuple[list[Check], dict[str, Wire]]:
    """Return the report if the named services answer like this, and the requests to each."""
    settings = read_settings(ApiSettings, ENVIRON)
    health = make_service(connect(settings), settings, notes.append).health
    services = {"dynamodb": (200, {}), "s3": (200, b""), "ssm": (200, BOTH), "sqs": (200, {}), **answers}
    wires = {name: Wire(get_client(name, read_timeout=2, attempts=1), answer) for name, answer in services.items()}
    return health.report(), wires


def test_everything_that_the_api_stands_on_is_asked() -> None:
    notes: list[str] = []
    checks, wires = report(notes)
    assert [(check.name, check.ok) for check in checks] == [(name, True) for name in THINGS]
    assert notes == []
    assert wires["dynamodb"].bodies == [{"TableName": "projects", "Key": {"PK": {"S": "-"}, "SK": {"S": "-"}}}]
    assert [urlsplit(asked.url).path for asked in wires["s3"].asked] == ["/artifacts"]
    asked = sorted(wires["sqs"].bodies, key=lambda body: str(body["QueueUrl"]))
    assert asked == [
        {"QueueUrl": f"https://sqs/{name}", "AttributeNames": ["QueueArn"]} for name in ("dev", "ops", "pm", "qa")
    ]


@pytest.mark.parametrize(
    ("service", "names"),
    [("dynamodb", {"table"}), ("s3", {"bucket"}), ("ssm", {"parameters"}), ("sqs", {*THINGS[3:]})],
)
def test_what_does_not_answer_is_told(service: str, names: set[str]) -> None:
    notes: list[str] = []
    checks, wires = report(notes, **{service: (500, b"{}")})
    assert {check.name for check in checks if not check.ok} == names
    assert {note.partition(":")[0] for note in notes} == names
    assert all("(500)" in note for note in notes)
    assert len(wires[service].asked) == len(names), "a question is worth one try"


def test_all_things_are_asked_at_once() -> None:
    together = Barrier(40, timeout=30)
    things = {f"thing-{number}": together.wait for number in range(40)}
    checks = HealthChecks(lambda: things, now, print).report()
    assert [(check.name, check.ok) for check in checks] == [(name, True) for name in things]


def test_a_parameter_that_is_missing_is_named() -> None:
    notes: list[str] = []
    checks, wires = report(notes, ssm=(200, {"Parameters": [{"Name": "/token"}]}))
    assert notes == ["parameters: there is no /key"]
    assert [check.ok for check in checks if check.name == "parameters"] == [False]
    assert wires["ssm"].bodies[0]["ParameterFilters"] == [
        {"Key": "Name", "Option": "Equals", "Values": ["/token", "/key"]}
    ]


def test_parameters_that_are_missing_are_named_in_order() -> None:
    notes: list[str] = []
    report(notes, ssm=(200, {"Parameters": []}))
    assert notes == ["parameters: there is no /key, /token"]


@pytest.mark.parametrize(("seconds", "milliseconds"), [(0, 0), (0.0014, 1), (0.0016, 2), (1.5, 1500)])
def test_a_check_says_how_long_it_took(seconds: float, milliseconds: int) -> None:
    times = iter([START, START + timedelta(seconds=seconds)])
    (check,) = HealthChecks(lambda: {"table": lambda: None}, lambda: next(times), lambda _: None).report()
    assert check == Check(name="table", ok=True, milliseconds=milliseconds)


def test_without_an_allowed_origin_no_page_may_read() -> None:
    assert read_settings(ApiSettings, ENVIRON).allowed_origin == ""
