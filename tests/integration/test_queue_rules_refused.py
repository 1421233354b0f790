"""What AWS refuses to clients of SQS and Lambda, tested by boto3 alone, each with its page.

The pages are below https://docs.aws.amazon.com/. The single limits are tested with `emulator/queues/rules.py` and
`emulator/queues/mapping_rules.py`; these tests check where they are applied, with which messages and protocols.
"""

import json
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.stepped import Queue
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef


class TestMessages:
    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            ({"DelaySeconds": 901}, "DelaySeconds"),
            ({"MessageBody": "x" * 1025}, "1024 bytes"),
            ({"MessageDeduplicationId": "d"}, "not valid for this queue type"),
            ({"MessageAttributes": {"AWS.n": {"DataType": "String", "StringValue": "v"}}}, "reserved"),
        ],
        ids=["delay", "size", "deduplication", "reserved name"],
    )
    def test_one_alone(self, cloud: Cloud, asked: dict[str, object], reason: str) -> None:
        """AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
        queue = Queue(cloud, MaximumMessageSize="1024")
        with pytest.raises(ClientError, match=f"InvalidParameterValue.*{reason}"):
            cloud.sqs.send_message(**{"QueueUrl": queue.url, "MessageBody": "a", **asked})  # type: ignore[arg-type]
        assert queue.counts() == (0, 0, 0)

    def test_in_a_batch_each_fails_by_itself(self, cloud: Cloud) -> None:
        """The result of sending each message is reported individually in the response.

        AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
        """
        queue = Queue(cloud)
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": "late", "MessageBody": "a", "DelaySeconds": 901},
            {"Id": "fine", "MessageBody": "b"},
            {"Id": "odd", "MessageBody": "\x00"},
        ]
        sent = cloud.sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)
        assert [entry["Id"] for entry in sent["Successful"]] == ["fine"]
        codes = {entry["Id"]: (entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]}
        assert codes == {"late": ("InvalidParameterValue", True), "odd": ("InvalidMessageContents", True)}
        assert [bool(entry["Message"]) for entry in sent["Failed"]] == [True, True]

    def test_a_batch_keeps_the_trace_header(self, cloud: Cloud) -> None:
        """An entry may have AWSTraceHeader as its message system attribute.

        AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
        """
        queue, trace = Queue(cloud), "Root=1-5759e988-bd862e3fe1be46a994272793"
        header = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
        entry = {"Id": "1", "MessageBody": "a", "MessageSystemAttributes": header}
        cloud.sqs.send_message_batch(QueueUrl=queue.url, Entries=[entry])  # type: ignore[list-item]
        assert queue.only()["Attributes"]["AWSTraceHeader"] == trace

    @pytest.mark.parametrize(
        "asked", [{"WaitTimeSeconds": 21}, {"VisibilityTimeout": 43201}], ids=["wait", "visibility"]
    )
    def test_a_receive(self, cloud: Cloud, asked: dict[str, int]) -> None:
        """AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""
        queue = Queue(cloud)
        queue.send("there, so that no engine waits for it")
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            cloud.sqs.receive_message(QueueUrl=queue.url, **asked)  # type: ignore[arg-type]


class TestQueues:
    def test_a_name(self, cloud: Cloud) -> None:
        """A name has up to 80 letters, digits, hyphens and underscores.

        AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        """
        with pytest.raises(ClientError, match="1 to 80 in length"):
            cloud.sqs.create_queue(QueueName="two words")

    def test_other_attributes_than_it_has(self, cloud: Cloud) -> None:
        """Creating an existing queue with other attributes is an error; with the same ones it returns the queue.

        AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        """
        queue = Queue(cloud, DelaySeconds="5")
        again = cloud.sqs.create_queue(QueueName=queue.name, Attributes={"DelaySeconds": "5"})
        assert again["QueueUrl"] == queue.url
        with pytest.raises(cloud.sqs.exceptions.QueueNameExists):
            cloud.sqs.create_queue(QueueName=queue.name, Attributes={"Policy": "{}"})

    def test_a_dead_letter_queue_that_is_not_there(self, cloud: Cloud) -> None:
        """The dead-letter queue in a RedrivePolicy must exist.

        AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
        """
        queue = Queue(cloud)
        for target, count, reason in (("-gone", 1, "does not exist"), ("", 1001, "from 1 to 1000")):
            policy = json.dumps({"deadLetterTargetArn": queue.arn + target, "maxReceiveCount": count})
            with pytest.raises(ClientError, match=f"InvalidParameterValue.*{reason}"):
                cloud.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})

    def test_a_dead_letter_queue_that_takes_none(self, cloud: Cloud) -> None:
        """redrivePermission denyAll: no source queue can specify this queue as its dead-letter queue.

        AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
        """
        dead = Queue(cloud, RedriveAllowPolicy={"redrivePermission": "denyAll"})
        with pytest.raises(ClientError, match="does not allow this queue"):
            Queue(cloud, RedrivePolicy={"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5})

    def test_nothing_is_told_where_nothing_is_asked(self, cloud: Cloud) -> None:
        """Without AttributeNames, a request for a queue's attributes returns empty results.

        AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
        """
        url = Queue(cloud).url
        assert "Attributes" not in cloud.sqs.get_queue_attributes(QueueUrl=url)
        with pytest.raises(ClientError, match="InvalidAttributeName"):
            cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Colour"])  # type: ignore[list-item]

    def test_what_is_empty_is_left_out(self, cloud: Cloud) -> None:
        """SQS's answers omit empty lists and maps, so that `answer["Failed"]` is a KeyError here too."""
        queue = Queue(cloud)
        sent = cloud.sqs.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "a"}])
        assert ("Successful" in sent, "Failed" in sent) == (True, False)
        wrong = cloud.sqs.delete_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "ReceiptHandle": "garbage"}])
        assert ("Successful" in wrong, "Failed" in wrong) == (False, True)
        assert "Attributes" not in cloud.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["Policy"])
        assert "QueueUrls" not in cloud.sqs.list_queues(QueueNamePrefix="none has this")
        assert "Tags" not in cloud.sqs.list_queue_tags(QueueUrl=queue.url)


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    """A function with a timeout of 60 seconds."""
    return cloud.deploy("def handler(event, context):\n    pass\n", timeout=60)


class TestMappings:
    """lambda/latest/api/API_CreateEventSourceMapping.html"""

    def test_a_queue_that_shows_a_message_again_before_the_function_must_end(self, cloud: Cloud, function: str) -> None:
        """The queue's visibility timeout is at least the function's timeout.

        lambda/latest/dg/services-sqs-configure.html
        """
        with pytest.raises(ClientError, match="Queue visibility timeout: 59 seconds is less than"):
            Queue(cloud, VisibilityTimeout="59").feed(function)
        Queue(cloud, VisibilityTimeout="60").feed(function)

    def test_a_stack_fails_for_the_same_reason(self, cloud: Cloud, function: str) -> None:
        """CloudFormation creates mappings with the same operation.

        AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
        """
        queue = Queue(cloud, VisibilityTimeout="59")
        properties = {"EventSourceArn": queue.arn, "FunctionName": function}
        mapping = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
        session = new_session()
        with closing(session.client("cloudformation", endpoint_url=cloud.endpoint_url)) as stacks:
            stacks.create_stack(StackName=queue.name, TemplateBody=json.dumps({"Resources": {"Mapping": mapping}}))

            def status() -> str:
                return stacks.describe_stacks(StackName=queue.name)["Stacks"][0]["StackStatus"]

            eventually(lambda: not status().endswith("IN_PROGRESS"))
            assert "59 seconds is less than" in str(stacks.describe_stack_events(StackName=queue.name)["StackEvents"])
        assert cloud.lambda_.list_event_source_mappings(EventSourceArn=queue.arn)["EventSourceMappings"] == []

    def test_a_second_one_of_the_same_queue(self, cloud: Cloud, function: str) -> None:
        queue = Queue(cloud, VisibilityTimeout="60")
        queue.feed(function)
        with pytest.raises(cloud.lambda_.exceptions.ResourceConflictException, match="already exists"):
            queue.feed(function)

    def test_a_large_batch_without_a_window(self, cloud: Cloud, function: str) -> None:
        """A BatchSize above 10 requires a MaximumBatchingWindowInSeconds of at least 1; so does a change to one."""
        queue = Queue(cloud, VisibilityTimeout="60")
        with pytest.raises(ClientError, match="batch window in seconds must be greater than 0"):
            queue.feed(function, batch_size=11)
        queue.feed(function)
        (mapping,) = cloud.lambda_.list_event_source_mappings(EventSourceArn=queue.arn)["EventSourceMappings"]
        with pytest.raises(ClientError, match="batch window in seconds must be greater than 0"):
            cloud.lambda_.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=11)

    def test_a_setting_of_streams(self, cloud: Cloud, function: str) -> None:
        """MaximumRetryAttempts and similar settings are only for Kinesis, DynamoDB Streams and Kafka."""
        arn = Queue(cloud, VisibilityTimeout="60").arn
        with pytest.raises(ClientError, match="Unsupported MaximumRetryAttempts parameter"):
            cloud.lambda_.create_event_source_mapping(FunctionName=function, EventSourceArn=arn, MaximumRetryAttempts=1)

    def test_a_queue_that_is_not_there(self, cloud: Cloud, function: str) -> None:
        gone = f"{Queue(cloud).arn}-{uuid.uuid4().hex}"
        with pytest.raises(ClientError, match="queue does not exist"):
            cloud.lambda_.create_event_source_mapping(FunctionName=function, EventSourceArn=gone)
