"""AWS's rules for the parameters of SQS operations.

They are quoted from https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/.
"""

import base64
import json
from typing import Any

import pytest

from agenticai.emulator.http.aws_errors import Refused
from agenticai.emulator.queues.queue_attributes import defaults, normalize
from agenticai.emulator.queues.rules import RULES, TargetQueue, check_operation
from tests.fakes.queues import arn

STANDARD = {"MaximumMessageSize": "1048576"}
FIFO = {**STANDARD, "FifoQueue": "true"}
OTHERS = {arn("dead"): {"QueueArn": arn("dead")}}


def refusal(operation: str, queue: dict[str, str] | None = None, **asked: Any) -> str | None:
    """Return the error code with which this is refused."""
    try:
        check_operation(operation, asked, TargetQueue(arn("orders"), STANDARD if queue is None else queue, OTHERS.get))
    except Refused as refused:
        return refused.error.code
    return None


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


class TestNumbers:
    """They are numbers in the JSON protocol and text in the query protocol."""

    @pytest.mark.parametrize(
        ("operation", "name", "low", "high"),
        [
            ("SendMessage", "DelaySeconds", 0, 900),
            ("ReceiveMessage", "WaitTimeSeconds", 0, 20),
            ("ReceiveMessage", "VisibilityTimeout", 0, 43200),
            ("ChangeMessageVisibility", "VisibilityTimeout", 0, 43200),
            ("ListQueues", "MaxResults", 1, 1000),
        ],
    )
    def test_they_may_reach_their_bounds_and_not_pass_them(
        self, operation: str, name: str, low: int, high: int
    ) -> None:
        def code(value: object) -> str | None:
            asked: dict[str, Any] = {"ReceiptHandle": "h", name: value}
            return refusal(operation, **asked)

        assert {code(value) for value in (low, high, str(low), str(high))} == {None}
        assert {code(wrong) for wrong in (low - 1, high + 1, str(high + 1), "many", 0.5)} == {"InvalidParameterValue"}

    @pytest.mark.parametrize(
        "asked",
        [
            {"ReceiptHandle": "h"},
            {"VisibilityTimeout": 1},
            {"ReceiptHandle": "", "VisibilityTimeout": 1},
            {"ReceiptHandle": "h", "VisibilityTimeout": ""},
        ],
    )
    def test_a_change_of_visibility_needs_both_of_its_parameters(self, asked: dict[str, Any]) -> None:
        assert refusal("ChangeMessageVisibility", **asked) == "MissingParameter"


class TestMessages:
    def test_the_attributes_count_with_the_body(self) -> None:
        """The limit is of "the message body and its attributes" (MaximumMessageSize of a queue)."""
        small = {"MaximumMessageSize": "1024"}
        attributes = {"name": text("é"), "raw": {"DataType": "Binary", "BinaryValue": base64.b64encode(b"12").decode()}}
        counted = len("name") + len("String") + 2 + len("raw") + len("Binary") + 2
        body = "x" * (1024 - counted)
        assert refusal("SendMessage", small, MessageBody=body, MessageAttributes=attributes) is None
        assert refusal("SendMessage", small, MessageBody=body + "x", MessageAttributes=attributes) is not None

    def test_a_queue_that_does_not_say_how_much_takes_one_mib(self) -> None:
        assert refusal("SendMessage", {}, MessageBody="x" * 1_048_576) is None
        assert refusal("SendMessage", {}, MessageBody="x" * 1_048_577) == "InvalidParameterValue"

    def test_a_batch_has_at_most_one_mib(self) -> None:
        half = {"MessageBody": "x" * 524288}
        assert refusal("SendMessageBatch", Entries=[half, half]) is None
        named = {**half, "MessageAttributes": {"n": text("v")}}
        assert refusal("SendMessageBatch", Entries=[half, named]) == "BatchRequestTooLong"

    def test_deduplication_is_for_fifo_queues(self) -> None:
        assert refusal("SendMessage", MessageDeduplicationId="d") == "InvalidParameterValue"
        assert refusal("SendMessage", FIFO, MessageDeduplicationId="d", MessageGroupId="g") is None

    @pytest.mark.parametrize(
        ("by_content", "lacking", "code"),
        [
            ("false", "MessageGroupId", "MissingParameter"),
            ("false", "MessageDeduplicationId", "InvalidParameterValue"),
            ("true", "MessageDeduplicationId", None),
        ],
    )
    def test_those_of_fifo_queues_have_a_group_and_an_id(self, by_content: str, lacking: str, code: str | None) -> None:
        """An entry that lacks either makes the whole batch fail, as recorded from AWS."""
        queue = {**FIFO, "ContentBasedDeduplication": by_content}
        whole = {"MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
        part = {name: value for name, value in whole.items() if name != lacking}
        assert refusal("SendMessage", queue, **part) == code
        assert refusal("SendMessageBatch", queue, Entries=[whole, part]) == code
        assert refusal("SendMessageBatch", queue, Entries=[whole]) is None

    def test_of_its_system_attributes_only_the_trace_header_is_sent(self) -> None:
        """AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
        for name, code in (("AWSTraceHeader", None), ("SenderId", "InvalidParameterValue")):
            assert refusal("SendMessage", MessageSystemAttributes={name: text("v")}) == code

    @pytest.mark.parametrize(
        "attributes",
        [
            {f"n{number}": text("v") for number in range(11)},
            *({name: text("v")} for name in ("AWS.n", "amazon.n", ".n", "n.", "a..b", "a b", "", "x" * 257)),
            *({"n": value} for value in (text(""), {"StringValue": "v"}, {"DataType": "Text", "StringValue": "v"})),
            {"n": {"DataType": "Number", "StringValue": "many"}},
            {"n": {"DataType": "Binary"}},
        ],
    )
    def test_what_no_attribute_may_be(self, attributes: dict[str, Any]) -> None:
        """AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
        assert refusal("SendMessage", MessageAttributes=attributes) == "InvalidParameterValue"

    def test_what_attributes_may_be(self) -> None:
        number = {"DataType": "Number.of-things", "StringValue": "-1.5e3"}
        attributes = {"a.b-c_1": text("v"), "n": number, "x" * 256: text("v")}
        assert refusal("SendMessage", MessageAttributes=attributes) is None


class TestQueues:
    @pytest.mark.parametrize("name", ["a b", "a.b", "é", "x" * 81, "", "orders.fifo"])
    def test_a_name_that_is_none(self, name: str) -> None:
        assert refusal("CreateQueue", {}, QueueName=name) == "InvalidParameterValue"

    def test_a_fifo_queue_is_named_so(self) -> None:
        fifo = {"FifoQueue": "true"}
        assert refusal("CreateQueue", {}, QueueName="orders.fifo", Attributes=fifo) is None
        assert refusal("CreateQueue", {}, QueueName="orders", Attributes=fifo) == "InvalidParameterValue"

    def test_what_a_name_may_be_is_told(self) -> None:
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        queue = TargetQueue(arn("orders"), {}, OTHERS.get)
        for attributes, told in (
            ({}, reason),
            ({"FifoQueue": "true"}, f"The name of a FIFO queue must end with .fifo. {reason}"),
        ):
            with pytest.raises(Refused, match=told):
                check_operation("CreateQueue", {"QueueName": "a b", "Attributes": attributes}, queue)

    def test_one_that_exists_is_made_again_with_the_same_attributes_only(self) -> None:
        there = {"DelaySeconds": "5"}
        assert refusal("CreateQueue", there, QueueName="q", Attributes={"DelaySeconds": "5"}) is None
        assert refusal("CreateQueue", there, QueueName="q") is None
        for other in ({"DelaySeconds": "6"}, {"DelaySeconds": "5", "Policy": "{}"}):
            assert refusal("CreateQueue", there, QueueName="q", Attributes=other) == "QueueNameExists"

    @pytest.mark.parametrize(
        ("operation", "asked"),
        [
            ("CreateQueue", {"QueueName": "q", "Attributes": {"Colour": "1"}}),
            ("SetQueueAttributes", {"Attributes": {"QueueArn": arn("dead")}}),
            ("GetQueueAttributes", {"AttributeNames": ["Colour"]}),
            ("ReceiveMessage", {"AttributeNames": ["Colour"]}),
            ("ReceiveMessage", {"MessageSystemAttributeNames": ["Colour"]}),
            ("ReceiveMessage", {"AttributeNames": ["QueueArn"]}),
        ],
    )
    def test_an_attribute_that_is_none(self, operation: str, asked: dict[str, Any]) -> None:
        assert refusal(operation, {}, **asked) == "InvalidAttributeName"

    @pytest.mark.parametrize("name", ["FifoQueue", "ContentBasedDeduplication"])
    def test_attributes_of_fifo_queues_are_none_of_a_standard_queue(self, name: str) -> None:
        for queue in ({}, STANDARD):
            operation = "SetQueueAttributes" if queue else "CreateQueue"
            asked = {"QueueName": "q", "Attributes": {name: "false"}}
            assert refusal(operation, queue, **asked) == "InvalidAttributeName"
        assert refusal("SetQueueAttributes", FIFO, Attributes={name: "true"}) is None

    def test_a_fifo_queue_stays_one(self) -> None:
        assert refusal("SetQueueAttributes", FIFO, Attributes={"FifoQueue": "false"}) == "InvalidAttributeValue"

    def test_every_queue_has_attributes_that_nobody_asked_for(self) -> None:
        assert defaults({}) == {"SqsManagedSseEnabled": "true"}
        assert defaults({"KmsMasterKeyId": "k"}) == {"SqsManagedSseEnabled": "false"}
        assert defaults({"FifoQueue": "true"})["DeduplicationScope"] == "queue"

    @pytest.mark.parametrize("name", ["FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled"])
    def test_a_boolean_is_kept_in_lower_case(self, name: str) -> None:
        for written, kept in (("True", "true"), ("FALSE", "false"), (True, "true"), ("false", "false")):
            assert normalize({"Attributes": {name: written, "Policy": "True"}}) == {
                "Attributes": {name: kept, "Policy": "True"}
            }
        for wrong in ("yes", "1", ""):
            with pytest.raises(Refused, match=f"InvalidAttributeValue: Invalid value for the parameter {name}"):
                normalize({"Attributes": {name: wrong}})

    @pytest.mark.parametrize("operation", ["CreateQueue", "SetQueueAttributes"])
    @pytest.mark.parametrize(
        ("name", "policy", "code"),
        [
            ("RedrivePolicy", "{", "InvalidParameterValue"),
            ("RedrivePolicy", {"deadLetterTargetArn": arn("gone"), "maxReceiveCount": 5}, "InvalidParameterValue"),
            ("RedrivePolicy", {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 5}, None),
            ("RedriveAllowPolicy", {"redrivePermission": "some"}, "InvalidParameterValue"),
            ("RedriveAllowPolicy", {"redrivePermission": "denyAll"}, None),
            ("Policy", "{", "InvalidAttributeValue"),
            ("Policy", {"Statement": []}, None),
            ("Policy", "", None),
        ],
    )
    def test_a_policy_is_one(self, operation: str, name: str, policy: object, code: str | None) -> None:
        """AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
        written = policy if isinstance(policy, str) else json.dumps(policy)
        assert refusal(operation, {}, QueueName="q", Attributes={name: written}) == code

    def test_a_token_is_one_that_was_given(self) -> None:
        assert refusal("ListQueues", NextToken="2") is None
        assert refusal("ListQueues", NextToken="second page") == "InvalidParameterValue"


def test_an_operation_without_rules_is_never_refused() -> None:
    assert "TagQueue" not in RULES
    assert refusal("TagQueue", Tags={"a": "b"}) is None
