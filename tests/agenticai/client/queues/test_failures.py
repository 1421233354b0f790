"""The reason for a message's failure comes from its function's log or, if that has none, from the engine."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from aws_lambda_powertools import Logger

from agenticai.client.logs import LATE
from agenticai.client.queues import failures
from agenticai.client.queues.failures import MARGIN, RETRY_PHRASE, FailureLog, find_silent_attempts, merge_attempts
from agenticai.client.queues.model import Attempt
from agenticai.emulator.core.usage_records import FinishedInvocation
from shared.models.errors import Retryable
from tests.agenticai.client.queues.test_model import AT, PROJECT
from tests.fakes.queue_clients import Logs
from tests.handlers.test_sqs_batch import BODY, FakeWorker, served

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


def line(message_id: str, at: datetime = AT, **changes: object) -> str:
    """Return a worker's log line in Powertools' format."""
    return json.dumps(
        {
            "level": "ERROR",
            "message": RETRY_PHRASE,
            "timestamp": f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03}+0000",
            "function_request_id": "request",
            "error_type": "Poison",
            "reason": "not a message",
            "message_id": message_id,
            **changes,
        }
    )


def event(text: str, at: datetime = AT) -> dict[str, Any]:
    return {"timestamp": int(at.timestamp() * 1000), "message": text}


def failure_log(logs: Logs) -> FailureLog:
    return FailureLog(cast("CloudWatchLogsClient", logs), "pm")


def read(*lines: str, since: datetime = AT) -> Any:
    return failure_log(Logs(pm=[event(text) for text in lines])).look(since, AT)


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
        f"START {RETRY_PHRASE}",
        f'["{RETRY_PHRASE}"]',
        f'{{"message": "{RETRY_PHRASE}"}}',
        line("1", timestamp="yesterday"),
        line("1", timestamp=7),
        '{"x": "' + RETRY_PHRASE + '", "y": ' + "[" * 100_000,
    ],
)
def test_lines_of_another_kind_are_passed_over(odd: str) -> None:
    assert read(odd, line("2")).keys() == {"2"}


def test_a_function_that_never_ran_has_no_attempts() -> None:
    assert failure_log(Logs()).look(AT, AT) == {}
    assert failure_log(Logs()).find_last(AT, AT) is None


class TestLaterLooks:
    NOW = AT + timedelta(hours=1)

    def test_a_later_look_asks_only_for_what_is_new(self) -> None:
        logs = Logs(pm=[event(line("1"))])
        log = failure_log(logs)
        log.look(AT, self.NOW)
        logs.groups["/aws/lambda/pm"].append(event(line("1", self.NOW, reason="again"), self.NOW))
        found = log.look(AT + timedelta(minutes=1), self.NOW + timedelta(seconds=2))
        assert [attempt.message for attempt in found["1"]] == ["not a message", "again"]
        first, later = (datetime.fromtimestamp(asked["startTime"] / 1000, UTC) for asked in logs.asked)
        assert first == AT - MARGIN
        assert later == self.NOW - LATE

    def test_a_line_that_is_read_twice_counts_once(self) -> None:
        log = failure_log(Logs(pm=[event(line("1"))]))
        assert log.look(AT, AT) == log.look(AT, AT)
        assert len(log.look(AT, AT)["1"]) == 1

    def test_an_earlier_moment_is_read_from_there(self) -> None:
        log = failure_log(Logs(pm=[event(line("1"))]))
        assert log.look(self.NOW, self.NOW) == {}
        assert log.look(AT, self.NOW).keys() == {"1"}

    def test_a_long_log_is_read_in_several_looks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(failures, "MOST_LINES", 1)
        logs = Logs(pm=[event(line("1")), event(line("2"), AT + MARGIN)])
        log = failure_log(logs)
        assert log.look(AT, self.NOW).keys() == {"1"}
        assert datetime.fromtimestamp(logs.asked[0]["startTime"] / 1000, UTC) == AT - MARGIN
        log.look(AT, self.NOW)
        assert datetime.fromtimestamp(logs.asked[1]["startTime"] / 1000, UTC) == AT, "it goes on from there"

    def test_only_so_many_messages_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(failures, "MOST_KEPT", 1)
        assert failure_log(Logs(pm=[event(line("1")), event(line("2"))])).look(AT, AT).keys() == {"2"}

    def test_the_last_failure_is_the_latest(self) -> None:
        log = failure_log(Logs(pm=[event(line("1", self.NOW, error_type="Late")), event(line("2"))]))
        last = log.find_last(AT, AT)
        assert last
        assert last.error_type == "Late"


def test_the_workers_own_lines_are_read() -> None:
    log = io.StringIO()
    served(FakeWorker(Retryable("busy")), BODY, logger=Logger(service="pm", stream=log))
    (told,) = [json.loads(text) for text in log.getvalue().splitlines() if RETRY_PHRASE in text]
    found = read(json.dumps({"function_request_id": "request", **told}), since=datetime(2020, 1, 1, tzinfo=UTC))
    ((message_id, (attempt,)),) = found.items()
    assert (message_id, attempt.error_type, attempt.message) == (told["message_id"], "Retryable", "busy")


def ended(**changes: object) -> FinishedInvocation:
    fields: dict[str, object] = {
        "function": "dev", "version": "1", "request_id": "request", "started_at": AT + timedelta(seconds=1),
        "init_ms": None, "duration_ms": 900_000.0, "billed_ms": 900_000, "memory_mb": 128, "gb_seconds": 1.0,
        "cold_start": False, "error_type": "Sandbox.Timedout", "project_id": PROJECT,
        "message_ids": ("1",),
    }  # fmt: skip
    return FinishedInvocation.model_validate({**fields, **changes})


def test_a_function_that_was_ended_from_outside_is_an_attempt() -> None:
    (attempt,) = find_silent_attempts("dev", [ended()])["1"]
    assert (attempt.error_type, attempt.request_id) == ("Sandbox.Timedout", "request")
    assert "900.0 s" in attempt.message


@pytest.mark.parametrize("other", [{"function": "pm"}, {"error_type": None}, {"message_ids": ("2",)}])
def test_what_ended_otherwise_or_elsewhere_or_for_another_message_is_none(other: dict[str, object]) -> None:
    assert "1" not in find_silent_attempts("dev", [ended(**other)])


def test_all_attempts_are_told_each_request_once() -> None:
    logged = [Attempt(AT + timedelta(seconds=2), "Retryable", "throttled", "second")]
    silent = find_silent_attempts("dev", [ended(request_id="first"), ended(request_id="second")])["1"]
    assert [(one.request_id, one.error_type) for one in merge_attempts(logged, silent)] == [
        ("first", "Sandbox.Timedout"),
        ("second", "Retryable"),
    ]
