"""The engine's queues through the control API, compared with SQS."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from agenticai.emulator.core.errors import ControlError
from tests.integration.cloud import Cloud
from tests.integration.stepped import Queue, stepped_cloud

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HOUR = 3600


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


def receive_one(cloud: Cloud, queue: Queue) -> "MessageTypeDef":
    """Receive the oldest visible message."""
    return cloud.sqs.receive_message(QueueUrl=queue.url)["Messages"][0]


def name(queue: Queue) -> str:
    return queue.arn.rpartition(":")[2]


def test_messages_are_shown_in_every_state_and_nothing_about_them_changes(cloud: Cloud) -> None:
    queue = Queue(cloud, VisibilityTimeout=str(HOUR))
    (first,) = queue.send("first")
    received = queue.only()
    (second,) = queue.send("second")
    cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="late", DelaySeconds=600)
    before = queue.counts()

    for _ in range(3):
        page = cloud.control.messages(name(queue))

    assert queue.counts() == before == (1, 1, 1)
    assert [(m.id, m.body, m.state, m.received) for m in page.messages[:2]] == [
        (first, "first", "in flight", 1),
        (second, "second", "visible", 0),
    ]
    assert (page.messages[2].state, page.total, page.next) == ("delayed", 3, None)
    assert page.oldest == page.messages[0].sent_at
    assert (page.messages[0].visible_at - page.now).total_seconds() == pytest.approx(HOUR, abs=60)
    cloud.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=received["ReceiptHandle"])
    assert cloud.control.messages(name(queue)).messages[0].id == second, "the handle was still good"


def test_all_queues_are_told_at_once_as_sqs_counts_them(cloud: Cloud) -> None:
    queue = Queue(cloud, VisibilityTimeout=str(HOUR), MessageRetentionPeriod=str(2 * HOUR))
    queue.send("first")
    queue.only()
    queue.send("second")
    cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="late", DelaySeconds=600)

    def told() -> tuple[int, int, int]:
        (found,) = (one for one in cloud.control.queues().queues if one.queue == name(queue))
        assert found.oldest == cloud.control.messages(name(queue)).oldest
        return found.visible, found.in_flight, found.delayed

    assert told() == queue.counts() == (1, 1, 1)
    cloud.control.advance(600)
    assert told() == queue.counts() == (2, 1, 0)
    cloud.control.advance(2 * HOUR)
    assert told() == queue.counts() == (0, 0, 0)
    cloud.sqs.delete_queue(QueueUrl=queue.url)
    assert name(queue) not in {one.queue for one in cloud.control.queues().queues}


def test_a_dead_letter_says_where_it_came_from_and_keeps_its_attributes(cloud: Cloud) -> None:
    dead = Queue(cloud)
    queue = Queue(cloud, VisibilityTimeout="0", RedrivePolicy={"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    cloud.sqs.send_message(
        QueueUrl=queue.url,
        MessageBody="poison",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "é"}},
    )
    queue.receive()
    assert queue.receive() == []
    (letter,) = cloud.control.messages(name(dead)).messages
    assert (letter.body, letter.received, letter.source_arn) == ("poison", 1, queue.arn)
    assert letter.attributes["kind"].value == "é"


def test_a_long_queue_is_shown_page_by_page_also_when_messages_go_meanwhile(cloud: Cloud) -> None:
    queue = Queue(cloud, VisibilityTimeout=str(HOUR))
    for _ in range(25):
        queue.send(*(f"{number}" for number in range(10)))
    page = cloud.control.messages(name(queue), limit=60)
    shown = [message.id for message in page.messages]
    while page.next:
        handle = receive_one(cloud, queue)["ReceiptHandle"]  # the oldest is deleted, so that all others move up
        cloud.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=handle)
        page = cloud.control.messages(name(queue), after=page.next, limit=60)
        shown += [message.id for message in page.messages]
    assert len({*shown}) == len(shown) == 250


def test_messages_are_received_by_their_ids_and_the_others_left_alone(cloud: Cloud) -> None:
    queue = Queue(cloud, VisibilityTimeout=str(HOUR))
    ids = queue.send("a", "b", "c")
    hidden = receive_one(cloud, queue)

    received = cloud.control.receive(name(queue), [*ids, "gone"], visibility_timeout_s=HOUR)

    assert {each.message.id for each in received} == {*ids} - {hidden["MessageId"]}
    assert {(each.message.body, each.message.received) for each in received} == {("b", 1), ("c", 1)}
    assert queue.counts() == (0, 3, 0)
    cloud.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=received[0].receipt_handle)
    cloud.sqs.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=received[1].receipt_handle, VisibilityTimeout=0
    )
    assert queue.counts() == (1, 1, 0)
    assert [message.received for message in cloud.control.messages(name(queue)).messages] == [1, 1]


def test_a_queue_that_is_not_there_is_named(cloud: Cloud) -> None:
    with pytest.raises(ControlError, match=r"There is no queue no-such-queue\."):
        cloud.control.messages("no-such-queue")


def test_every_depth_that_a_queue_had_is_told_with_its_time(cloud: Cloud) -> None:
    dead = Queue(cloud)
    queue = Queue(cloud, VisibilityTimeout="60", RedrivePolicy={"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    since = cloud.control.depths().next
    queue.send("poison")
    received_at = cloud.control.clock().now
    receive_one(cloud, queue)
    cloud.control.advance(HOUR)
    assert not cloud.sqs.receive_message(QueueUrl=queue.url).get("Messages"), "it has gone to the dead letters"

    changes = cloud.control.depths(since).changes
    own, of_dead = ([c for c in changes if c.queue == name(one)] for one in (queue, dead))
    assert [(c.visible, c.in_flight) for c in own] == [(1, 0), (0, 1), (1, 0), (0, 0)]
    assert [(c.visible, c.in_flight) for c in of_dead] == [(1, 0)]
    assert (own[2].at - received_at).total_seconds() == pytest.approx(60, abs=30), "not when somebody looked"
    assert (dead.counts(), queue.counts()) == ((1, 0, 0), (0, 0, 0))
