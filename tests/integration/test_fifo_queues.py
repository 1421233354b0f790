"""FIFO queues, tested by boto3 alone: order, groups, handles and deduplication.

The orders are AWS's, as recorded for LocalStack's tests of SQS. The pages are below
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.stepped import Queue, stepped_cloud

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MINUTE = 60


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


class Groups:
    """A FIFO queue whose messages are named after their groups: `g1-m1` is in `g1`."""

    def __init__(self, cloud: Cloud, *bodies: str, **attributes: object) -> None:
        self._sqs = cloud.sqs
        given = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "60"} | attributes
        self.queue = Queue(cloud, **given)
        for body in bodies:
            self.send(body)

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self.queue.url, MessageBody=body, MessageGroupId=body.partition("-")[0])

    def take(self, most: int, visibility_s: int = MINUTE) -> list["MessageTypeDef"]:
        answer = self._sqs.receive_message(
            QueueUrl=self.queue.url, MaxNumberOfMessages=most, VisibilityTimeout=visibility_s
        )
        return answer.get("Messages", [])

    def receive(self, most: int = 10, visibility_s: int = MINUTE) -> list[str]:
        return [message["Body"] for message in self.take(most, visibility_s)]

    def release(self, message: "MessageTypeDef", after_s: int = 0) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self.queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=after_s
        )

    def delete(self, message: "MessageTypeDef") -> None:
        self._sqs.delete_message(QueueUrl=self.queue.url, ReceiptHandle=message["ReceiptHandle"])


class TestOrder:
    """SQSDeveloperGuide/FIFO-queues-understanding-logic.html"""

    @pytest.mark.steps
    def test_as_many_of_a_group_as_possible_come_together(self, cloud: Cloud) -> None:
        groups = Groups(cloud, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
        assert groups.receive(2) == ["g1-m1", "g1-m2"]
        assert groups.receive() == ["g2-m1"]
        cloud.control.advance(2 * MINUTE)
        assert groups.receive() == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]

    def test_a_group_waits_until_all_that_is_in_flight_is_deleted(self, cloud: Cloud) -> None:
        groups = Groups(cloud, "g1-m1", "g2-m1", "g1-m2", "g2-m2", "g1-m3", "g1-m4", "g3-m1")
        first, second = groups.take(2)
        groups.delete(first)
        assert groups.receive(visibility_s=0) == ["g2-m1", "g2-m2", "g3-m1"]
        groups.delete(second)
        assert groups.receive() == ["g1-m3", "g1-m4", "g2-m1", "g2-m2", "g3-m1"]

    @pytest.mark.steps
    @pytest.mark.parametrize("after_s", [0, 1])
    def test_what_is_released_comes_again_behind_the_other_groups(self, cloud: Cloud, after_s: int) -> None:
        groups = Groups(cloud, "g1-m1", "g1-m2", "g1-m3", "g2-m1")
        first, _ = groups.take(2)
        groups.release(first, after_s)
        cloud.control.advance(after_s + 1)
        assert groups.receive() == ["g2-m1", "g1-m1"]

    def test_what_was_received_with_no_timeout_comes_again(self, cloud: Cloud) -> None:
        groups = Groups(cloud, "g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2")
        assert groups.receive(3, visibility_s=0) == ["g1-m1", "g1-m2", "g2-m1"]
        assert groups.receive(visibility_s=0) == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]

    @pytest.mark.steps
    def test_no_message_of_a_failing_group_overtakes_another(self, cloud: Cloud) -> None:
        """lambda/latest/dg/services-sqs-errorhandling.html: the group waits until its first message is deleted."""
        source = "def handler(event, context):\n    assert event['Records'][0]['body'] != 'g1-m1'\n"
        name = cloud.deploy(source)
        dead = Groups(cloud)
        policy = {"deadLetterTargetArn": dead.queue.arn, "maxReceiveCount": 3}
        groups = Groups(cloud, "g1-m1", "g1-m2", "g2-m1", RedrivePolicy=policy)
        groups.queue.feed(name, batch_size=1)
        settled = cloud.control.settle()
        assert (settled.quiet, settled.deliveries) == (True, 5)
        assert [done.error_type for done in cloud.finished(name)].count("AssertionError") == 3
        assert (groups.queue.depth, dead.receive()) == (0, ["g1-m1"])


class TestHandles:
    @pytest.mark.steps
    def test_one_is_good_until_the_visibility_timeout_ends(self, cloud: Cloud) -> None:
        """A consumer that deletes later gets an error: APIReference/API_ReceiveMessage.html."""
        groups = Groups(cloud, "g1-m1")
        (message,) = groups.take(1)
        cloud.control.advance(2 * MINUTE)
        with pytest.raises(ClientError, match=r"InvalidParameterValue.*The receipt handle has expired"):
            groups.delete(message)
        groups.release(message, MINUTE)
        assert groups.receive() == []
        groups.delete(message)
        assert groups.queue.depth == 0


class TestDeduplication:
    def test_a_queue_that_is_purged_takes_the_same_message_again(self, cloud: Cloud) -> None:
        groups = Groups(cloud, "g1-m1", "g1-m1")
        assert groups.queue.depth == 1
        cloud.sqs.purge_queue(QueueUrl=groups.queue.url)
        groups.send("g1-m1")
        assert groups.queue.depth == 1


def test_one_is_made_again_with_the_attributes_that_it_has_by_default(cloud: Cloud) -> None:
    """APIReference/API_CreateQueue.html"""
    queue = Queue(cloud, FifoQueue="true")
    shown = cloud.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]
    attributes = {
        name: shown[name]
        for name in ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
    }
    assert list(attributes.values()) == ["true", "false", "queue", "perQueue"]
    again = cloud.sqs.create_queue(QueueName=queue.name, Attributes=attributes)  # type: ignore[arg-type]
    assert again["QueueUrl"] == queue.url


def test_dead_letters_of_one_are_moved_back_even_if_its_visibility_timeout_is_none(cloud: Cloud) -> None:
    """SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html"""
    dead = Groups(cloud, VisibilityTimeout="0")
    policy = {"deadLetterTargetArn": dead.queue.arn, "maxReceiveCount": 1}
    groups = Groups(cloud, "g1-m1", RedrivePolicy=policy)
    assert (groups.receive(visibility_s=0), groups.receive(), dead.queue.depth) == (["g1-m1"], [], 1)
    cloud.sqs.start_message_move_task(SourceArn=dead.queue.arn)
    tasks = cloud.sqs.list_message_move_tasks
    eventually(lambda: tasks(SourceArn=dead.queue.arn)["Results"][0]["Status"] == "COMPLETED")
    assert (groups.receive(), dead.queue.depth) == (["g1-m1"], 0)
