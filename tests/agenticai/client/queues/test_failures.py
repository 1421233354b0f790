"""Why a message failed is what its function logged, or what the engine saw where the log says nothing."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger

from agenticai.client.queues.failures import SAID, find_silent_attempts, read_logged_attempts
from agenticai.client.queues.model import Asked, Attempt, DeadLetter
from agenticai.emulator.core.usage_records import FinishedInvocation
from shared.models.errors import Retryable
from tests.agenticai.client.queues.test_model import AT, PROJECT, TASK, message
from tests.fakes.queue_clients import Logs
from tests.handlers.test_sqs_batch import BODY, FakeWorker, served

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


def line(message_id: str, at: datetime = AT, **changes: object) -> str:
    """What a worker logs, as Powertools writes it."""
    return json.dumps(
        {
            "level": "ERROR",
            "message": SAID,
            "timestamp": f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03}+0000",
            "function_request_id": "request",
            "error_type": "Poison",
            "reason": "not a message",
            "message_id": message_id,
            **changes,
        }
    )


def read(*lines: str, since: datetime = AT) -> Any:
    logs = Logs(pm=[{"timestamp": int(AT.timestamp() * 1000), "message": text} for text in lines])
    return read_logged_attempts(cast("CloudWatchLogsClient", logs), "pm", since)


def test_attempts_are_found_by_message_the_oldest_first() -> None:
    later = AT + timedelta(seconds=5, milliseconds=250)
    found = read(line("1", later, error_type="Retryable"), line("1"), line("2", reason="other"))
    assert found["1"] == (
        Attempt(AT, "Poison", "not a message", "request"),
        Attempt(later, "Retryable", "not a message", "request"),
    )
    assert [attempt.message for attempt in found["2"]] == ["other"]


@pytest.mark.parametrize(
    "odd",
    [
        f"START {SAID}",
        f'["{SAID}"]',
        f'{{"message": "{SAID}"}}',
        line("1", timestamp="yesterday"),
        line("1", timestamp=7),
        '{"x": "' + SAID + '", "y": ' + "[" * 100_000,
    ],
)
def test_lines_of_another_kind_are_passed_over(odd: str) -> None:
    assert read(odd, line("2")).keys() == {"2"}


def test_a_function_that_never_ran_has_no_attempts() -> None:
    assert read_logged_attempts(cast("CloudWatchLogsClient", Logs()), "pm", AT) == {}


def test_the_workers_own_lines_are_read() -> None:
    log = io.StringIO()
    served(FakeWorker(Retryable("busy")), BODY, logger=Logger(service="pm", stream=log))
    (told,) = [json.loads(text) for text in log.getvalue().splitlines() if SAID in text]
    found = read(json.dumps({"function_request_id": "request", **told}), since=datetime(2020, 1, 1, tzinfo=UTC))
    ((message_id, (attempt,)),) = found.items()
    assert (message_id, attempt.error_type, attempt.message) == (told["message_id"], "Retryable", "busy")


DEAD = DeadLetter(message(json.dumps(TASK)), Asked.of(json.dumps(TASK)))


def ended(**changes: object) -> FinishedInvocation:
    fields: dict[str, object] = {
        "function": "dev", "version": "1", "request_id": "request", "started_at": AT + timedelta(seconds=1),
        "init_ms": None, "duration_ms": 900_000.0, "billed_ms": 900_000, "memory_mb": 128, "gb_seconds": 1.0,
        "cold_start": False, "error_type": "Sandbox.Timedout", "project_id": PROJECT,
    }  # fmt: skip
    return FinishedInvocation.model_validate({**fields, **changes})


def test_a_function_that_was_ended_from_outside_is_an_attempt() -> None:
    (attempt,) = find_silent_attempts(DEAD, "dev", [ended()])
    assert (attempt.error_type, attempt.request_id) == ("Sandbox.Timedout", "request")
    assert "900.0 s" in attempt.message


@pytest.mark.parametrize(
    "other",
    [
        {"function": "pm"},
        {"error_type": None},
        {"project_id": "0" * 26},
        {"project_id": None},
        {"started_at": AT - timedelta(seconds=1)},
    ],
)
def test_what_ended_otherwise_or_elsewhere_is_none(other: dict[str, object]) -> None:
    assert list(find_silent_attempts(DEAD, "dev", [ended(**other)])) == []


def test_a_letter_that_names_no_project_is_nobodys_attempt() -> None:
    nameless = DeadLetter(message("{"), Asked.of("{"))
    assert list(find_silent_attempts(nameless, "dev", [ended(project_id=None)])) == []
