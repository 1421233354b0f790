"""AWS's published rules for standard queues, tested by boto3 alone.

Every test states its rule and the page, below https://docs.aws.amazon.com/. Time is the engine's: it is advanced, and
nothing here waits for it.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.stepped import Queue, arriving, stepped_cloud

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


def with_dead_letters(cloud: Cloud, receives: int, **attributes: object) -> tuple[Queue, Queue]:
    """Create a queue whose messages may be received that many times, and its dead-letter queue."""
    dead = Queue(cloud, MessageRetentionPeriod=str(14 * DAY))
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": receives}
    return Queue(cloud, RedrivePolicy=policy, **attributes), dead


class TestVisibility:
    @pytest.mark.steps
    def test_what_is_received_is_invisible_until_its_timeout_ends(self, cloud: Cloud) -> None:
        """A message stays in the queue while it is processed, and is visible again when the visibility timeout ends.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(HOUR))
        (sent,) = queue.send("a")
        first = queue.only()
        assert (first["MessageId"], queue.receive(), queue.counts()) == (sent, [], (0, 1, 0))
        cloud.control.advance(50 * MINUTE)
        assert queue.receive() == []
        cloud.control.advance(11 * MINUTE)
        again = queue.only()
        assert (again["MessageId"], again["Body"]) == (sent, "a")
        assert again["ReceiptHandle"] != first["ReceiptHandle"]

    def test_every_receive_is_counted(self, cloud: Cloud) -> None:
        """ApproximateReceiveCount says how often a message was received and not deleted.

        AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        queue = Queue(cloud, VisibilityTimeout="0")
        queue.send("a")
        assert [queue.only()["Attributes"]["ApproximateReceiveCount"] for _ in range(3)] == ["1", "2", "3"]
        times = queue.only()["Attributes"]
        assert int(times["SentTimestamp"]) <= int(times["ApproximateFirstReceiveTimestamp"])

    @pytest.mark.steps
    def test_a_receive_may_set_a_timeout_of_its_own(self, cloud: Cloud) -> None:
        """VisibilityTimeout of a ReceiveMessage applies to its messages, in place of the queue's.

        AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.send("a")
        cloud.sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=MINUTE)
        cloud.control.advance(2 * MINUTE)
        assert queue.only()["Body"] == "a"

    @pytest.mark.steps
    def test_a_timeout_that_is_changed_counts_from_the_change(self, cloud: Cloud) -> None:
        """ChangeMessageVisibility restarts the timeout at the time of the call.

        AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.send("a")
        handle = queue.only()["ReceiptHandle"]
        cloud.control.advance(50 * MINUTE)
        cloud.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=HOUR)
        cloud.control.advance(50 * MINUTE)
        assert queue.receive() == []
        cloud.control.advance(11 * MINUTE)
        assert queue.only()["Body"] == "a"

    def test_a_timeout_of_zero_makes_it_visible_at_once(self, cloud: Cloud) -> None:
        """To make a message visible to others immediately, its visibility timeout is changed to 0.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.send("a")
        handle = queue.only()["ReceiptHandle"]
        cloud.sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0)
        assert queue.only()["Attributes"]["ApproximateReceiveCount"] == "2"

    @pytest.mark.steps
    def test_what_is_deleted_does_not_come_back(self, cloud: Cloud) -> None:
        """A message is deleted with the receipt handle of its latest receive.

        AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.send("a")
        cloud.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=queue.only()["ReceiptHandle"])
        cloud.control.advance(2 * HOUR)
        assert (queue.receive(), queue.counts()) == ([], (0, 0, 0))

    @pytest.mark.steps
    def test_a_receipt_handle_is_good_until_the_next_receive(self, cloud: Cloud) -> None:
        """A delete with an old handle succeeds, but the message may remain; so does one for a deleted message.

        AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(MINUTE))
        queue.send("a")
        handles = []
        for _ in range(2):
            handles.append(queue.only()["ReceiptHandle"])
            cloud.control.advance(2 * MINUTE)
        cloud.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=handles[0])
        assert queue.counts() == (1, 0, 0)
        for _ in range(2):
            cloud.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=handles[1])
        assert queue.counts() == (0, 0, 0)

    def test_what_is_no_receipt_handle(self, cloud: Cloud) -> None:
        """An invalid handle, or one of another queue, is refused: by itself, and in a batch for its entry.

        AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        queue, other = Queue(cloud), Queue(cloud)
        queue.send("a")
        handle = queue.only()["ReceiptHandle"]
        for url, wrong in ((queue.url, "garbage"), (other.url, handle)):
            with pytest.raises(cloud.sqs.exceptions.ReceiptHandleIsInvalid):
                cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=wrong)
        entries = [{"Id": "good", "ReceiptHandle": handle}, {"Id": "bad", "ReceiptHandle": "garbage"}]
        answer = cloud.sqs.delete_message_batch(QueueUrl=queue.url, Entries=entries)  # type: ignore[arg-type]
        assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
        assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]

    @pytest.mark.steps
    def test_a_handle_is_good_until_somebody_else_receives_the_message(self, cloud: Cloud) -> None:
        """Also after its timeout: the message is hidden again. For a deleted message, the handle is refused.

        AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        queue = Queue(cloud, VisibilityTimeout=str(MINUTE))
        queue.send("a")
        change = {"QueueUrl": queue.url, "ReceiptHandle": queue.only()["ReceiptHandle"]}
        cloud.control.advance(2 * MINUTE)
        cloud.sqs.change_message_visibility(**change, VisibilityTimeout=HOUR)
        assert queue.receive() == []
        entries = [{"Id": "a", "ReceiptHandle": change["ReceiptHandle"], "VisibilityTimeout": 0}]
        answer = cloud.sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=entries)  # type: ignore[arg-type]
        assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
        cloud.sqs.change_message_visibility(**change, VisibilityTimeout=0)
        cloud.sqs.delete_message(**change)
        with pytest.raises(ClientError, match="Reason: Message does not exist"):
            cloud.sqs.change_message_visibility(**change, VisibilityTimeout=HOUR)

    @pytest.mark.parametrize("value", ["true", "True", "TRUE"])
    def test_a_fifo_queue_is_made_however_true_is_written(self, cloud: Cloud, value: str) -> None:
        """boto3's users write str(True); SQS stores it in lower case."""
        attributes = {"FifoQueue": value, "ContentBasedDeduplication": value}
        name = f"{uuid.uuid4().hex}.fifo"
        url = cloud.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
        kept = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert (kept["FifoQueue"], kept["ContentBasedDeduplication"]) == ("true", "true")
        assert cloud.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"] == url  # type: ignore[arg-type]
        with pytest.raises(ClientError, match="Invalid value for the parameter FifoQueue"):
            cloud.sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "yes"})

    @pytest.mark.steps
    def test_a_message_is_hidden_for_twelve_hours_at_most(self, cloud: Cloud) -> None:
        """The 12 hours start with the receive: a change to more than the remaining time is an error.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
        """
        queue = Queue(cloud)
        queue.send("a")
        change = {"QueueUrl": queue.url, "ReceiptHandle": queue.only()["ReceiptHandle"]}
        cloud.sqs.change_message_visibility(**change, VisibilityTimeout=12 * HOUR)
        cloud.control.advance(HOUR)
        with pytest.raises(ClientError, match="beyond the limit"):
            cloud.sqs.change_message_visibility(**change, VisibilityTimeout=12 * HOUR)
        cloud.sqs.change_message_visibility(**change, VisibilityTimeout=10 * HOUR)

    def test_system_attributes_are_named_in_either_of_two_ways(self, cloud: Cloud) -> None:
        """MessageSystemAttributeNames supersedes AttributeNames, which is still accepted.

        AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        queue = Queue(cloud)
        queue.send("a")
        (received,) = cloud.sqs.receive_message(
            QueueUrl=queue.url,
            AttributeNames=["SenderId"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )["Messages"]
        assert set(received["Attributes"]) == {"SenderId", "SentTimestamp"}

    def test_at_most_ten_come_at_once(self, cloud: Cloud) -> None:
        """MaxNumberOfMessages is 1 to 10, and 1 by default.

        AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
        """
        queue = Queue(cloud)
        queue.send("a", "b", "c")
        assert len(cloud.sqs.receive_message(QueueUrl=queue.url)["Messages"]) == 1
        with pytest.raises(ClientError, match="MaxNumberOfMessages"):
            cloud.sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=11)


class TestDelay:
    @pytest.mark.steps
    def test_a_delay_queue_holds_every_message_back(self, cloud: Cloud) -> None:
        """In a delay queue, each new message is invisible for DelaySeconds, and counted as delayed.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
        """
        queue = Queue(cloud, DelaySeconds="900")
        queue.send("a")
        assert (queue.receive(), queue.counts()) == ([], (0, 0, 1))
        cloud.control.advance(800)
        assert queue.receive() == []
        cloud.control.advance(110)
        assert queue.only()["Attributes"]["ApproximateReceiveCount"] == "1"

    @pytest.mark.steps
    def test_a_messages_own_delay_wins(self, cloud: Cloud) -> None:
        """A message timer takes precedence over the delay of the queue.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-timers.html
        """
        queue = Queue(cloud, DelaySeconds="900", VisibilityTimeout=str(HOUR))
        cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="now", DelaySeconds=0)
        cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="soon", DelaySeconds=300)
        assert queue.only()["Body"] == "now"
        cloud.control.advance(310)
        assert queue.only()["Body"] == "soon"


class TestRetention:
    @pytest.mark.steps
    def test_a_message_is_kept_for_the_retention_period(self, cloud: Cloud) -> None:
        """SQS deletes messages that were in a queue for longer than its MessageRetentionPeriod.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-architecture.html
        """
        queue = Queue(cloud, MessageRetentionPeriod=str(HOUR))
        queue.send("a")
        cloud.control.advance(50 * MINUTE)
        assert queue.counts() == (1, 0, 0)
        cloud.control.advance(11 * MINUTE)
        assert (queue.counts(), queue.receive()) == ((0, 0, 0), [])

    @pytest.mark.steps
    def test_a_dead_letter_keeps_its_age(self, cloud: Cloud) -> None:
        """In a standard dead-letter queue, a message's expiry is based on the time at which it was first sent.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        queue, dead = with_dead_letters(cloud, receives=1, VisibilityTimeout="0")
        queue.send("a")
        cloud.control.advance(3 * DAY)
        queue.only()
        assert (queue.receive(), dead.counts()) == ([], (1, 0, 0))
        cloud.control.advance(10 * DAY)
        assert dead.counts() == (1, 0, 0)
        cloud.control.advance(1 * DAY + MINUTE)
        assert dead.counts() == (0, 0, 0)


class TestTimeThatPasses:
    """The same for engines whose clock cannot be advanced: these tests wait for what happens within a second."""

    def test_what_is_not_deleted_comes_again(self, cloud: Cloud) -> None:
        """AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html"""
        queue = Queue(cloud, VisibilityTimeout="1")
        (sent,) = queue.send("a")
        assert queue.only()["MessageId"] == sent
        (again,) = arriving(queue.receive)
        assert (again["MessageId"], again["Attributes"]["ApproximateReceiveCount"]) == (sent, "2")

    def test_what_is_delayed_comes(self, cloud: Cloud) -> None:
        """AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-timers.html"""
        queue = Queue(cloud)
        cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="a", DelaySeconds=1)
        (message,) = arriving(queue.receive)
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"


class TestDeadLetters:
    def test_what_was_received_too_often_moves_as_it_is(self, cloud: Cloud) -> None:
        """Instead of being received more than maxReceiveCount times, a message moves, with the same id and attributes.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        queue, dead = with_dead_letters(cloud, receives=3, VisibilityTimeout="0")
        attribute = {"trace": {"DataType": "String", "StringValue": "t"}}
        sent = cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="a", MessageAttributes=attribute)  # type: ignore[arg-type]
        assert [queue.only()["MessageId"] for _ in range(3)] == [sent["MessageId"]] * 3
        assert dead.counts() == (0, 0, 0)
        assert queue.receive() == []
        moved = dead.only()
        assert (moved["MessageId"], moved["Body"]) == (sent["MessageId"], "a")
        assert moved["MessageAttributes"]["trace"]["StringValue"] == "t"
        assert moved["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn

    @pytest.mark.steps
    def test_a_failing_function_has_so_many_attempts(self, cloud: Cloud) -> None:
        """A batch whose function fails is visible again after its visibility timeout, until maxReceiveCount is reached.

        lambda/latest/dg/services-sqs-errorhandling.html
        """
        name = cloud.deploy("def handler(event, context):\n    raise RuntimeError('no')\n")
        queue, dead = with_dead_letters(cloud, receives=5, VisibilityTimeout=str(HOUR))
        queue.feed(name)
        queue.send("a")
        settled = cloud.control.settle()
        assert (settled.quiet, settled.deliveries) == (True, 5)
        assert settled.skipped_s == pytest.approx(5 * HOUR, abs=MINUTE)
        assert (len(cloud.finished(name)), queue.counts(), dead.counts()) == (5, (0, 0, 0), (1, 0, 0))

    def test_the_sources_of_a_dead_letter_queue_are_listed(self, cloud: Cloud) -> None:
        """ListDeadLetterSourceQueues returns the queues whose RedrivePolicy names a dead-letter queue.

        AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html
        """
        queue, dead = with_dead_letters(cloud, receives=3)
        assert cloud.sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"] == [queue.url]

    @pytest.mark.steps
    def test_a_redriven_message_is_a_new_one(self, cloud: Cloud) -> None:
        """StartMessageMoveTask sends each dead letter to its source with a new id and receive count.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
        """
        queue, dead = with_dead_letters(cloud, receives=1, VisibilityTimeout="0")
        (sent,) = queue.send("a")
        queue.only()
        assert queue.receive() == []
        cloud.control.advance(HOUR)
        cloud.sqs.start_message_move_task(SourceArn=dead.arn)
        (task,) = cloud.sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]
        assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
        again = queue.only()
        assert (again["Body"], again["Attributes"]["ApproximateReceiveCount"]) == ("a", "1")
        assert again["MessageId"] != sent
        sent_at = int(again["Attributes"]["SentTimestamp"]) / 1000
        assert sent_at == pytest.approx(cloud.control.clock().now.timestamp(), abs=MINUTE)

    def test_only_a_dead_letter_queue_can_be_redriven(self, cloud: Cloud) -> None:
        """The source of a move task must be the dead-letter queue of some queue.

        AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
        """
        with pytest.raises(ClientError, match="Dead Letter Queue"):
            cloud.sqs.start_message_move_task(SourceArn=Queue(cloud).arn)


class TestLongPolling:
    @pytest.mark.steps
    def test_it_ends_as_soon_as_a_message_is_there(self, cloud: Cloud) -> None:
        """A long poll waits for at most WaitTimeSeconds, and returns when a message is available.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        """
        queue, before = Queue(cloud), cloud.control.clock().now
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(queue.receive, 20)
            queue.send("a")
            assert [message["Body"] for message in waiting.result()] == ["a"]
        assert (cloud.control.clock().now - before).total_seconds() < 15

    @pytest.mark.steps
    def test_it_ends_empty_when_its_time_is_over(self, cloud: Cloud) -> None:
        """A long poll without messages returns an empty answer after WaitTimeSeconds.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        """
        queue = Queue(cloud, ReceiveMessageWaitTimeSeconds="20")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(cloud.sqs.receive_message, QueueUrl=queue.url)

            def over() -> bool:
                cloud.control.advance(21)
                return waiting.done()

            eventually(over)
            assert "Messages" not in waiting.result()
