"""The boundary to SQS: which records are read and reported as failed, and when they are delivered again."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from shared.language_model.port import ModelUnavailable
from shared.models.errors import Poison, Retryable
from shared.models.messages import PlanRequested, parse
from shared.models.project import Revision
from shared.sqs_batch import calculate_wait, find_error_type, read, serve
from shared.worker import WorkOutcome

MESSAGE = PlanRequested(project_id="0" * 26, correlation_id="request-1", revision=Revision(build=1))
BODY = MESSAGE.model_dump_json(by_alias=True)


@dataclass
class FakeWorker:
    """A worker that does what a test sets, and keeps its messages."""

    fault: Exception | None = None
    handled: list[PlanRequested] = field(default_factory=list)
    seconds_left: float | None = None

    def handle(self, message: PlanRequested, remaining: Any) -> WorkOutcome:
        self.handled.append(message)
        self.seconds_left = remaining()
        if self.fault:
            raise self.fault
        return WorkOutcome.DONE


@dataclass
class FakeContext:
    """The context that Lambda passes to a function."""

    function_name: str = "pm"
    aws_request_id: str = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def event(*bodies: str, received: int = 1) -> dict[str, Any]:
    records = [
        {
            "messageId": f"m{number}",
            "receiptHandle": f"r{number}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(received)},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q",
        }
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def served(
    worker: FakeWorker, *bodies: str, received: int = 1, logger: Logger | None = None
) -> tuple[Any, dict[str, float]]:
    postponed: dict[str, float] = {}
    answer = serve(
        event(*bodies, received=received),
        FakeContext(),  # type: ignore[arg-type]
        worker=worker,  # type: ignore[arg-type]
        accepts=PlanRequested,
        postpone=postponed.__setitem__,
        logger=logger or Logger(service="test"),
    )
    return answer, postponed


def test_a_handled_message_is_acknowledged() -> None:
    worker = FakeWorker()
    answer, postponed = served(worker, BODY)
    assert answer == {"batchItemFailures": []}
    assert postponed == {}
    assert worker.handled == [MESSAGE]
    assert worker.seconds_left == 300.0


def test_only_the_record_that_failed_is_reported() -> None:
    answer, _ = served(FakeWorker(), BODY, "not json", BODY)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"schema": "plan-requested/3"}',
        '{"schema": "other/1"}',
        json.dumps({**json.loads(BODY), "project_id": "../x"}),
        json.dumps({**json.loads(BODY), "code": "print()"}),
        BODY.replace("plan-requested", "test-requested"),
    ],
)
def test_what_cannot_be_read_is_poison_and_goes_to_the_dead_letter_queue_without_waiting(body: str) -> None:
    with pytest.raises(Poison, match=r"not a message: |a test-requested/2 message is not for this queue"):
        read(body, PlanRequested)
    answer, postponed = served(FakeWorker(), body)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert postponed == {"r0": 0}


def test_the_previous_version_of_a_message_is_read() -> None:
    old = {k: v for k, v in json.loads(BODY).items() if k != "not_before"} | {"schema": "plan-requested/1"}
    assert parse(json.dumps(old)) == MESSAGE


def test_a_fault_that_time_may_heal_waits_twice_as_long_each_time_and_a_named_time_is_kept() -> None:
    fault = Retryable("busy")
    assert [calculate_wait(fault, received) for received in (1, 2, 3)] == [10, 20, 40]
    assert calculate_wait(fault, 0) == 10
    assert [calculate_wait(fault, received) for received in (7, 8, 30)] == [640, 900, 900]
    assert [calculate_wait(Retryable("busy", after=after), 9) for after in (0, 0.5, 900, 901)] == [0, 0.5, 900, 900]
    assert calculate_wait(Poison("not a message"), 3) == 0
    assert calculate_wait(KeyError("defect"), 2) == 20
    assert calculate_wait(ModelUnavailable("throttled", after=37), 1) == 37
    _, postponed = served(FakeWorker(fault), BODY, received=2)
    assert postponed == {"r0": 20}


def test_what_is_logged_of_an_unreadable_message_names_no_other_messages_project() -> None:
    log = io.StringIO()
    served(FakeWorker(), BODY, "not json", logger=Logger(service="logged", stream=log))
    handled, unreadable = map(json.loads, log.getvalue().splitlines())
    assert handled["project_id"] == MESSAGE.project_id
    assert handled["correlation_id"] == MESSAGE.correlation_id
    assert (handled["level"], handled["message"], handled["outcome"]) == ("INFO", "handled", "done")
    assert (handled["work"], handled["receive_count"]) == ("PLAN#1", 1)
    assert (unreadable["level"], unreadable["error_type"], unreadable["seconds"]) == ("ERROR", "Poison", 0)
    assert "exception" in unreadable, "with a traceback"
    assert {"project_id", "correlation_id", "work", "receive_count"}.isdisjoint(unreadable)


def test_a_message_that_cannot_be_put_off_comes_again_all_the_same_and_the_log_says_when() -> None:
    log = io.StringIO()

    def refuse(*_: object) -> None:
        raise Retryable("SQS is busy")

    answer = serve(
        event(BODY, received=2),
        FakeContext(),  # type: ignore[arg-type]
        worker=FakeWorker(Retryable("busy")),  # type: ignore[arg-type]
        accepts=PlanRequested,
        postpone=refuse,
        logger=Logger(service="put off", stream=log),
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    again, later = map(json.loads, log.getvalue().splitlines())
    told = {name: again[name] for name in ("level", "message", "error_type", "reason", "message_id", "seconds")}
    assert told == {
        "level": "WARNING", "message": "will be delivered again", "error_type": "Retryable", "reason": "busy",
        "message_id": "m0", "seconds": 20,
    }  # fmt: skip
    assert (later["level"], later["message"]) == ("WARNING", "comes again after the visibility timeout")
    assert later["reason"] == "SQS is busy"


def test_a_defect_of_ours_keeps_the_message_too() -> None:
    answer, postponed = served(FakeWorker(KeyError("defect")), BODY)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert postponed == {"r0": 10}


def caused(fault: Exception, cause: Exception) -> Exception:
    fault.__cause__ = cause
    return fault


def with_response(response: object) -> Exception:
    error = KeyError("gone")
    error.response = response  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            caused(Retryable("busy"), ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")),
            "ThrottlingException",
        ),
        (caused(Retryable("busy"), ConnectionError("gone")), "ConnectionError"),
        (caused(Retryable("busy"), ClientError({}, "Query")), "ClientError"),
        (caused(Retryable("busy"), ClientError({"Error": {}}, "Query")), "ClientError"),
        (caused(Retryable("busy"), with_response("text")), "KeyError"),
        (Retryable("busy"), "Retryable"),
        (caused(ModelUnavailable("busy"), ConnectionError("gone")), "ModelUnavailable"),
        (caused(Poison("not a message"), ValueError("no JSON")), "Poison"),
        (KeyError("work"), "KeyError"),
    ],
)
def test_a_fault_is_logged_by_the_error_that_tells_it_from_others(fault: Exception, expected: str) -> None:
    assert find_error_type(fault) == expected
