"""Events are reported once, in order, until the operation has ended; a failure is reported with its cause."""

from typing import TYPE_CHECKING, cast

import pytest

from agenticai.stack.events import EventStream, StackEvent, find_first_failure, follow
from agenticai.stack.waiting import Polling
from tests.stack.fakes import STACK_ID, FakeCloudFormation, Pauses, event

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

OLD = [event(1, "agenticai-dev", "CREATE_IN_PROGRESS"), event(2, "agenticai-dev", "CREATE_COMPLETE")]
POLLING = Polling(first=0.05, longest=0.2, limit=3)


def run(fake: FakeCloudFormation, pauses: Pauses | None = None) -> tuple[str, list[str]]:
    client = cast("CloudFormationClient", fake)
    told: list[StackEvent] = []
    stream = EventStream(client, STACK_ID)
    status, events = follow(client, stream, STACK_ID, told.append, POLLING, pauses or Pauses())
    assert list(events) == told
    return status, [event.id for event in told]


def test_each_event_once_in_order_and_none_from_before() -> None:
    batches = [
        OLD,
        [event(3, "agenticai-dev", "UPDATE_IN_PROGRESS"), event(4, "A", "UPDATE_IN_PROGRESS")],
        [],
        [event(5, "A", "UPDATE_COMPLETE"), event(6, "agenticai-dev", "UPDATE_COMPLETE")],
    ]
    fake = FakeCloudFormation(batches, statuses=["UPDATE_COMPLETE"])
    status, ids = run(fake)
    assert status == "UPDATE_COMPLETE"
    assert ids == ["agenticai-dev-3", "A-4", "A-5", "agenticai-dev-6"]


def test_several_pages_of_new_events_and_no_page_more() -> None:
    many = [event(number, f"R{number}", "CREATE_IN_PROGRESS") for number in range(3, 10)]
    fake = FakeCloudFormation(
        [OLD, [*many, event(10, "agenticai-dev", "CREATE_COMPLETE")]], ["CREATE_COMPLETE"], page_size=3
    )
    _, ids = run(fake)
    assert ids == [f"R{number}-{number}" for number in range(3, 10)] + ["agenticai-dev-10"]
    # One page at first; three to find the eight events, the last with a known one; then one with nothing new.
    assert fake.names().count("describe_stack_events") == 1 + 3 + 1


def test_the_end_of_the_operation_before_is_not_the_end() -> None:
    fake = FakeCloudFormation([OLD, [], [event(3, "agenticai-dev", "UPDATE_COMPLETE")]], ["UPDATE_COMPLETE"])
    assert run(fake)[1] == ["agenticai-dev-3"]


def test_a_failed_creation_is_followed_through_its_rollback() -> None:
    batches = [
        [],
        [event(1, "agenticai-dev", "CREATE_FAILED", "an output")],
        [event(2, "agenticai-dev", "ROLLBACK_IN_PROGRESS"), event(3, "agenticai-dev", "ROLLBACK_COMPLETE")],
    ]
    fake = FakeCloudFormation(batches, statuses=["ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"])
    status, ids = run(fake)
    assert status == "ROLLBACK_COMPLETE"
    assert len(ids) == 3


def test_waits_grow_and_end() -> None:
    pauses = Pauses()
    with pytest.raises(TimeoutError, match="no end after 3 s"):
        run(FakeCloudFormation([OLD], statuses=["UPDATE_IN_PROGRESS"]), pauses)
    assert pauses.seconds[0] == 0.05
    assert pauses.seconds == sorted(pauses.seconds)
    assert max(pauses.seconds) == 0.2


def told(*events: dict[str, object]) -> list[StackEvent]:
    return EventStream(cast("CloudFormationClient", _Once(list(events))), STACK_ID).read()


class _Once(FakeCloudFormation):
    """Returns nothing at first, then all events."""

    def __init__(self, events: list[dict[str, object]]) -> None:
        super().__init__([[], events])


def test_the_cause_is_neither_a_cancellation_nor_the_stack() -> None:
    events = told(
        event(1, "B", "CREATE_FAILED", "Resource creation cancelled"),
        event(2, "A", "CREATE_FAILED", "a queue of that name exists"),
        event(3, "C", "CREATE_FAILED", "something later"),
        event(4, "agenticai-dev", "ROLLBACK_IN_PROGRESS", "The following resources failed: [A, B]"),
    )
    cause = find_first_failure(events)
    assert cause is not None
    assert (cause.logical_id, cause.reason) == ("A", "a queue of that name exists")


def test_the_stack_is_the_cause_where_no_resource_is() -> None:
    cause = find_first_failure(told(event(1, "agenticai-dev", "CREATE_FAILED", "no such attribute")))
    assert cause is not None
    assert cause.is_stack


def test_success_has_no_cause() -> None:
    assert find_first_failure(told(event(1, "A", "CREATE_COMPLETE"))) is None
