"""AWS's published rules for functions with standard queues as sources, tested by boto3 alone.

Every test states its rule and the page, below https://docs.aws.amazon.com/. Time is the engine's: it is advanced, and
nothing here waits for it.
"""

from collections.abc import Iterator

import pytest

from agenticai.emulator.faults.rules import Delivery, DeliveryFault, Duplicate
from tests.integration.cloud import Cloud
from tests.integration.stepped import Queue, printed, stepped_cloud

MINUTE = 60
HOUR = 60 * MINUTE

TELLS_SIZE = "def handler(event, context):\n    print([len(event['Records'])])\n"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


class TestBatchSizes:
    def test_more_than_ten_are_gathered_within_the_batching_window(self, cloud: Cloud) -> None:
        """Lambda invokes the function when the window ends, or as soon as there are BatchSize messages.

        lambda/latest/dg/invocation-eventsourcemapping.html
        """
        name, queue = cloud.deploy(TELLS_SIZE), Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.feed(name, batch_size=15, window_s=MINUTE)
        for _ in range(2):
            queue.send(*"0123456789")
        settled = cloud.control.settle()
        assert (printed(cloud, name), settled.deliveries) == ([[15], [5]], 2)
        assert settled.skipped_s == pytest.approx(MINUTE, abs=10)

    def test_what_comes_within_the_window_comes_together(self, cloud: Cloud) -> None:
        """An open window accepts messages that become visible until it ends.

        lambda/latest/dg/services-sqs-configure.html
        """
        name, queue = cloud.deploy(TELLS_SIZE), Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.feed(name, window_s=MINUTE)
        queue.send("a")
        cloud.control.advance(MINUTE / 2)
        queue.send("b")
        settled = cloud.control.settle()
        assert (printed(cloud, name), settled.deliveries) == ([[2]], 1)
        assert settled.skipped_s == pytest.approx(MINUTE / 2, abs=10)

    def test_a_payload_has_at_most_six_megabytes(self, cloud: Cloud) -> None:
        """A batch is limited by the maximum payload of an invocation.

        lambda/latest/dg/invocation-eventsourcemapping.html
        """
        name, queue = cloud.deploy(TELLS_SIZE), Queue(cloud, VisibilityTimeout=str(HOUR))
        for _ in range(7):
            queue.send("x" * 1_000_000)
        queue.feed(name)
        cloud.control.settle()
        assert printed(cloud, name) == [[6], [1]]

    def test_a_mapping_that_is_disabled_takes_nothing(self, cloud: Cloud) -> None:
        """Enabled determines whether Lambda polls the source; it can be changed.

        lambda/latest/api/API_UpdateEventSourceMapping.html
        """
        name, queue = cloud.deploy(TELLS_SIZE), Queue(cloud)
        queue.feed(name)
        (mapping,) = cloud.lambda_.list_event_source_mappings(EventSourceArn=queue.arn)["EventSourceMappings"]
        queue.send("a")
        for enabled, counts in ((False, (1, 0, 0)), (True, (0, 0, 0))):
            cloud.lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
            cloud.control.settle()
            assert queue.counts() == counts


class TestDuplicates:
    def test_a_message_may_come_twice_with_one_id(self, cloud: Cloud) -> None:
        """On rare occasions a standard queue delivers a copy of a message again after it was deleted.

        AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html
        """
        source = "def handler(event, context):\n    print('[\"' + event['Records'][0]['messageId'] + '\"]')\n"
        name, queue = cloud.deploy(source), Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.feed(name)
        once_more = DeliveryFault(when=Delivery(on="delivery", queue=queue.name), then=Duplicate(do="duplicate"))
        cloud.control.faults([once_more])
        (sent,) = queue.send("a")
        assert cloud.control.settle().deliveries == 2
        assert printed(cloud, name) == [[sent], [sent]]
        assert queue.counts() == (0, 0, 0)


@pytest.fixture(scope="module")
def answering(cloud: Cloud) -> str:
    """Create a function that returns the first message's text; in it `{0}`, `{1}`, … stand for the messages' ids."""
    source = """
        import json
        def handler(event, context):
            answer = event["Records"][0]["body"]
            for number, record in enumerate(event["Records"]):
                answer = answer.replace("{%d}" % number, record["messageId"])
            return json.loads(answer)
    """
    return cloud.deploy(source)


@pytest.fixture(scope="module")
def reporting(cloud: Cloud, answering: str) -> Queue:
    """Create a queue whose mapping has ReportBatchItemFailures."""
    queue = Queue(cloud, VisibilityTimeout=str(HOUR))
    queue.feed(answering, "ReportBatchItemFailures")
    return queue


class TestBatches:
    """The meaning of a function's answer to a batch of three, by lambda/latest/dg/services-sqs-errorhandling.html."""

    def deliver(self, cloud: Cloud, queue: Queue, answer: str) -> list[int]:
        """Answer a batch of three with this; return which of its messages, by number, remain."""
        cloud.sqs.purge_queue(QueueUrl=queue.url)
        sent = queue.send(answer, "b", "c")
        assert cloud.control.settle(deliveries=1).deliveries == 1
        cloud.control.advance(2 * HOUR)
        left = [message["MessageId"] for message in queue.receive()]
        return sorted(sent.index(message_id) for message_id in left)

    @pytest.mark.parametrize(
        "answer", ["null", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}', '""', '{"status": "done"}']
    )
    def test_all_succeeded(self, cloud: Cloud, reporting: Queue, answer: str) -> None:
        """An empty or null response, or an empty list of failures, is a complete success."""
        assert self.deliver(cloud, reporting, answer) == []

    @pytest.mark.parametrize(
        "answer",
        [
            '"no JSON object"',
            '{"batchItemFailures": [{"itemIdentifier": ""}]}',
            '{"batchItemFailures": [{"itemIdentifier": null}]}',
            '{"batchItemFailures": [{"itemId": "{1}"}]}',
            '{"batchItemFailures": [{"itemIdentifier": "of no message here"}]}',
            '{"batchItemFailures": [{"itemIdentifier": "{1}"}, {"itemIdentifier": ""}]}',
        ],
    )
    def test_all_failed(self, cloud: Cloud, reporting: Queue, answer: str) -> None:
        """An invalid response, an empty, null or unknown itemIdentifier, or a bad key is a complete failure."""
        assert self.deliver(cloud, reporting, answer) == [0, 1, 2]

    def test_only_what_is_named_failed(self, cloud: Cloud, reporting: Queue) -> None:
        """The messages in batchItemFailures become visible again, and the others are deleted."""
        named = '{"batchItemFailures": [{"itemIdentifier": "{0}"}, {"itemIdentifier": "{2}"}]}'
        assert self.deliver(cloud, reporting, named) == [0, 2]

    def test_an_exception_is_a_complete_failure(self, cloud: Cloud, reporting: Queue) -> None:
        """If the function throws an exception, the whole batch has failed."""
        assert self.deliver(cloud, reporting, "no JSON, so the function raises") == [0, 1, 2]

    def test_without_the_setting_an_answer_means_nothing(self, cloud: Cloud, answering: str) -> None:
        """Without ReportBatchItemFailures, every message of a batch is deleted when the function returns."""
        queue = Queue(cloud, VisibilityTimeout=str(HOUR))
        queue.feed(answering)
        assert self.deliver(cloud, queue, '{"batchItemFailures": [{"itemIdentifier": "{1}"}]}') == []

    def test_a_record_tells_what_aws_tells(self, cloud: Cloud) -> None:
        """A record has the message's id, handle, body, digest, attributes and source.

        lambda/latest/dg/with-sqs.html
        """
        source = "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]))\n"
        name, queue = cloud.deploy(source), Queue(cloud)
        queue.feed(name)
        (sent,) = queue.send("a")
        cloud.control.settle()
        (record,) = printed(cloud, name)
        assert record["messageId"] == sent
        assert (record["body"], record["md5OfBody"]) == ("a", "0cc175b9c0f1b6a831c399e269772661")
        assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", queue.arn)
        assert (record["awsRegion"], record["messageAttributes"]) == ("us-east-1", {})
        attributes = record["attributes"]
        assert attributes["ApproximateReceiveCount"] == "1"
        assert int(attributes["SentTimestamp"]) <= int(attributes["ApproximateFirstReceiveTimestamp"])

    def test_a_record_has_the_attributes_of_its_message(self, cloud: Cloud) -> None:
        """A record has the message's attributes, their digest, and a dead letter's source queue.

        lambda/latest/dg/with-sqs.html
        """
        source = "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]))\n"
        name, dead = cloud.deploy(source), Queue(cloud)
        policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}
        queue = Queue(cloud, VisibilityTimeout="0", RedrivePolicy=policy)
        kind = {"DataType": "String", "StringValue": "plan"}
        sent = cloud.sqs.send_message(QueueUrl=queue.url, MessageBody="a", MessageAttributes={"kind": kind})  # type: ignore[dict-item]
        queue.only()
        assert queue.receive() == []
        dead.feed(name)
        cloud.control.settle()
        (record,) = printed(cloud, name)
        lists: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
        assert record["messageAttributes"] == {"kind": {"dataType": "String", "stringValue": "plan", **lists}}
        assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
        assert record["attributes"]["DeadLetterQueueSourceArn"] == queue.arn


def test_a_mapping_deletes_with_the_handle_of_its_own_receive(cloud: Cloud) -> None:
    """The handle of an earlier receive does not delete a message that was received again meanwhile.

    AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
    """
    source = """
        import boto3, os
        def handler(event, context):
            sqs, url = boto3.client("sqs"), os.environ["QUEUE"]
            handle = event["Records"][0]["receiptHandle"]
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
            sqs.receive_message(QueueUrl=url)
    """
    queue = Queue(cloud, VisibilityTimeout=str(HOUR))
    queue.feed(cloud.deploy(source, QUEUE=queue.url))
    queue.send("a")
    cloud.control.settle(deliveries=1)
    assert queue.counts() == (0, 1, 0)
    cloud.sqs.delete_queue(QueueUrl=queue.url)
