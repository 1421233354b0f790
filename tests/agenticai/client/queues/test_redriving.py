"""Dead letters are redriven; errors on the way are reported, and no letter is lost."""

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from agenticai.client.queues.model import MoveProgress, RedriveOutcome, RedriveResult
from agenticai.client.queues.redriving import has_no_move_tasks, redrive, redrive_all, redrive_each
from agenticai.emulator.core.bench_records import MessageAttribute, MessagePage, QueuedMessage
from tests.agenticai.client.queues.test_model import AT, PROJECT, TASK, message
from tests.fakes.queue_clients import Messages, Sqs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DEAD = ("pm-dlq", "http://sqs/pm-dlq")


def queue(*messages: QueuedMessage) -> Messages:
    return Messages(MessagePage(messages=messages, next=None, total=len(messages), oldest=AT, now=AT))


def sent_back(sqs: Sqs, messages: Messages, *ids: str) -> Any:
    return list(redrive(cast("SQSClient", sqs), messages, DEAD, "http://sqs/pm", ids))


def test_chosen_letters_are_sent_and_then_deleted() -> None:
    sqs = Sqs()
    results = sent_back(sqs, queue(message(json.dumps(TASK), "1"), message("{", "2")), "1", "2")
    assert [(r.id, r.outcome, r.new_id) for r in results] == [
        ("1", RedriveOutcome.SENT, "new-1"),
        ("2", RedriveOutcome.SENT, "new-2"),
    ]
    assert results[0].asked.project_id == PROJECT
    assert [sent["MessageBody"] for sent in sqs.sent] == [json.dumps(TASK), "{"]
    assert sqs.deleted == ["handle of 1", "handle of 2"]


def test_attributes_and_groups_go_with_the_copy() -> None:
    held = {
        "text": MessageAttribute(data_type="String.kind", value="é"),
        "bytes": MessageAttribute(data_type="Binary", value="AAE="),
    }
    sqs = Sqs()
    sent_back(sqs, queue(message("{").model_copy(update={"attributes": held, "group_id": "g"})), "1")
    (sent,) = sqs.sent
    assert sent["MessageAttributes"] == {
        "text": {"DataType": "String.kind", "StringValue": "é"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    assert (sent["MessageGroupId"], sent["MessageDeduplicationId"]) == ("g", "1")


def test_what_is_gone_or_in_flight_is_told_and_the_others_are_sent() -> None:
    messages = queue(message("{", "1"), message("{", "2"))
    messages.in_flight = {"1"}
    results = sent_back(Sqs(), messages, "1", "gone", "2")
    assert [result.outcome for result in results] == [
        RedriveOutcome.NOT_THERE,
        RedriveOutcome.NOT_THERE,
        RedriveOutcome.SENT,
    ]


def test_a_letter_that_cannot_be_sent_stays_and_is_visible_at_once() -> None:
    sqs = Sqs()
    sqs.refuses = {"SendMessage"}
    (result,) = sent_back(sqs, queue(message("{")), "1")
    assert (result.outcome, result.new_id) == (RedriveOutcome.NOT_SENT, None)
    assert "not allowed" in result.reason
    assert (sqs.given_back, sqs.deleted) == (["handle of 1"], [])


def test_a_letter_that_cannot_be_deleted_is_said_to_be_in_both_queues() -> None:
    sqs = Sqs()
    sqs.refuses = {"DeleteMessage"}
    (result,) = sent_back(sqs, queue(message("{")), "1")
    assert (result.outcome, result.new_id) == (RedriveOutcome.TWICE, "new-1")


def test_many_are_received_in_batches() -> None:
    messages = queue(*(message("{", str(number)) for number in range(25)))
    results = sent_back(Sqs(), messages, *(str(number) for number in range(25)))
    assert [len(batch) for batch in messages.batches] == [10, 10, 5]
    assert {result.outcome for result in results} == {RedriveOutcome.SENT}


@pytest.mark.parametrize(("rate", "asked"), [(None, {}), (7, {"MaxNumberOfMessagesPerSecond": 7})])
def test_all_are_moved_by_sqs_and_followed_to_the_end(rate: int | None, asked: dict[str, int]) -> None:
    waits: list[float] = []
    sqs = Sqs(
        {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 1, "ApproximateNumberOfMessagesToMove": 3},
        {"Status": "FAILED", "ApproximateNumberOfMessagesMoved": 2, "FailureReason": "gone"},
    )
    moves = list(redrive_all(cast("SQSClient", sqs), "arn of dlq", "arn of queue", rate, waits.append))
    assert moves == [MoveProgress("RUNNING", 1, 3), MoveProgress("FAILED", 2, 0, "gone")]
    assert sqs.started == [{"SourceArn": "arn of dlq", "DestinationArn": "arn of queue", **asked}]
    assert len(waits) == 1


def test_letters_that_are_sent_back_one_by_one_are_told_as_a_move_at_its_rate() -> None:
    waits: list[float] = []
    results = [RedriveResult(str(number), RedriveOutcome.SENT) for number in range(24)]
    results.append(RedriveResult("kept", RedriveOutcome.NOT_THERE))
    moves = list(redrive_each(iter(results), 25, 20, waits.append))
    assert [move.moved for move in moves] == [0, 10, 20, 24]
    assert (moves[-1].status, moves[-1].to_move) == ("COMPLETED", 25)
    assert waits == [0.5, 0.5]


def test_a_letter_that_could_not_be_sent_back_fails_the_move() -> None:
    waits: list[float] = []
    results = [RedriveResult("1", RedriveOutcome.SENT), RedriveResult("2", RedriveOutcome.NOT_SENT, reason="no")]
    assert list(redrive_each(iter(results), 2, None, waits.append))[-1].status == "FAILED"


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [("InvalidAction", 400, True), ("InternalFailure", 501, True), ("InternalFailure", 500, False), ("X", 400, False)],
)
def test_a_target_without_move_tasks_is_known_by_its_error(code: str, status: int, expected: bool) -> None:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert has_no_move_tasks(ClientError(answer, "StartMessageMoveTask")) is expected
