"""AWS's rules for the parameters of SQS operations.

They are quoted from https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/.
"""

import base64
import json
import re
from typing import Any

import pytest

from agenticai.emulator.http.aws_errors import Refused
from agenticai.emulator.queues.message_attributes import check_attributes, count_bytes
from agenticai.emulator.queues.queue_attributes import list_defaults, normalize
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
        assert list_defaults({}) == {"SqsManagedSseEnabled": "true"}
        assert list_defaults({"KmsMasterKeyId": "k"}) == {"SqsManagedSseEnabled": "false"}
        assert list_defaults({"FifoQueue": "true"})["DeduplicationScope"] == "queue"

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


NOT_OF_THIS_TYPE = "The request includes a parameter that is not valid for this queue type."
NO_ID = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"


@pytest.mark.parametrize(
    ("operation", "queue", "asked", "told"),
    [
        (
            "SendMessage",
            STANDARD,
            {"DelaySeconds": 901},
            "InvalidParameterValue: Value 901 for parameter DelaySeconds is invalid."
            " Reason: Must be >= 0 and <= 900, if provided.",
        ),
        ("DeleteMessage", STANDARD, {}, "MissingParameter: The request must contain the parameter ReceiptHandle."),
        (
            "ChangeMessageVisibility",
            STANDARD,
            {"ReceiptHandle": "h"},
            "MissingParameter: The request must contain the parameter VisibilityTimeout.",
        ),
        (
            "GetQueueAttributes",
            STANDARD,
            {"AttributeNames": ["All", "Colour"]},
            "InvalidAttributeName: Unknown Attribute Colour.",
        ),
        (
            "CreateQueue",
            {"DelaySeconds": "5"},
            {"QueueName": "q", "Attributes": {"DelaySeconds": 6}},
            "QueueNameExists: A queue already exists with the same name"
            " and a different value for attribute DelaySeconds",
        ),
        (
            "SetQueueAttributes",
            FIFO,
            {"Attributes": {"FifoQueue": "false"}},
            "InvalidAttributeValue: Invalid value for the parameter FifoQueue."
            " Reason: Modifying queue type is not supported.",
        ),
        (
            "SetQueueAttributes",
            STANDARD,
            {"Attributes": {"Policy": "{"}},
            "InvalidAttributeValue: Invalid value for the parameter Policy.",
        ),
        (
            "ListQueues",
            STANDARD,
            {"NextToken": "x"},
            "InvalidParameterValue: Value x for parameter NextToken is invalid. Reason: No answer had this token.",
        ),
        (
            "SendMessage",
            STANDARD,
            {"MessageSystemAttributes": {"SenderId": {}}},
            "InvalidParameterValue: The message system attribute name 'SenderId' is invalid:"
            " only AWSTraceHeader can be sent.",
        ),
        (
            "SendMessage",
            {"MaximumMessageSize": "1024"},
            {"MessageBody": "x" * 1025},
            "InvalidParameterValue: One or more parameters are invalid."
            " Reason: Message must be shorter than 1024 bytes.",
        ),
        (
            "SendMessageBatch",
            STANDARD,
            {"Entries": [{"MessageBody": "x" * 1_048_577}]},
            "BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
        ),
        (
            "SendMessage",
            STANDARD,
            {"MessageDeduplicationId": "d"},
            "InvalidParameterValue: Value d for parameter MessageDeduplicationId is invalid."
            f" Reason: {NOT_OF_THIS_TYPE}",
        ),
        ("SendMessage", FIFO, {}, "MissingParameter: The request must contain the parameter MessageGroupId."),
        ("SendMessage", FIFO, {"MessageGroupId": "g"}, f"InvalidParameterValue: {NO_ID}"),
    ],
)
def test_a_refusal_says_why(operation: str, queue: dict[str, str], asked: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=f"^{re.escape(told)}$"):
        check_operation(operation, asked, TargetQueue(arn("orders"), queue, OTHERS.get))


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        (
            {f"n{number}": text("v") for number in range(11)},
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            {"a b": text("v")},
            "The message attribute name 'a b' is invalid. It can contain A-Z, a-z, 0-9, underscore (_),"
            " hyphen (-), and period (.), and has at most 256 characters.",
        ),
        (
            {"Amazon.n": text("v")},
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.': they are reserved.",
        ),
        *(
            (
                {name: text("v")},
                f"The message attribute name '{name}' can't start or end with a period, nor have two in a row.",
            )
            for name in (".n", "n.", "a..b")
        ),
        *(
            (
                {"n": {**text("v"), "DataType": kind}},
                "The message attribute 'n' must contain a non-empty message attribute type.",
            )
            for kind in ("", None)
        ),
        *(
            (
                {"n": {**text("v"), "DataType": kind}},
                "The type of message (user) attribute 'n' is invalid."
                " You must use only the following supported type prefixes: Binary, Number, String.",
            )
            for kind in ("Text", "String.", "string", "String." + "x" * 250)
        ),
        *(
            (
                {"n": {"DataType": kind, **value}},
                f"The message attribute 'n' with type '{kind}' must contain a non-empty value.",
            )
            for kind, value in (
                ("String", {}),
                ("Number", {"BinaryValue": "AA=="}),
                ("Binary.png", {"StringValue": "v"}),
            )
        ),
        *(
            (
                {"n": {"DataType": "Number.int", "StringValue": value}},
                "Can't cast the value of message (user) attribute 'n' to a number.",
            )
            for value in ("many", ".", "1e", "--1", "1 2")
        ),
    ],
)
def test_a_refused_attribute_is_named_with_the_reason(attributes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=f"^{re.escape(f'InvalidParameterValue: {told}')}$"):
        check_attributes(attributes)


@pytest.mark.parametrize(
    "attributes",
    [
        {f"n{number}": text("v") for number in range(10)},
        {"awsome": text("v"), "amazonian": text("v"), "my.aws.n": text("v")},
        {"n": {**text("v"), "DataType": "String." + "x" * 249}},
        {"n": {"DataType": "Binary.png", "BinaryValue": "AA=="}},
        *({"n": {"DataType": "Number", "StringValue": value}} for value in ("1", "+1.", ".5", " 5 ", "1E-2")),
    ],
)
def test_attributes_within_the_limits(attributes: dict[str, Any]) -> None:
    check_attributes(attributes)


@pytest.mark.parametrize(
    ("message", "size"),
    [
        ({}, 0),
        ({"MessageBody": None, "MessageAttributes": None}, 0),
        ({"MessageBody": "\u00e9"}, 2),
        ({"MessageAttributes": {"\u00e9": {}}}, 2),
        ({"MessageAttributes": {"n": {"DataType": "String", "StringValue": None}}}, 7),
        ({"MessageAttributes": {"n": {"DataType": "Binary", "BinaryValue": None}}}, 7),
        ({"MessageBody": "abc", "MessageAttributes": {"n": text("12"), "m": text("345")}}, 3 + 9 + 10),
    ],
)
def test_the_size_of_a_message(message: dict[str, Any], size: int) -> None:
    assert count_bytes(message) == size


@pytest.mark.parametrize(
    ("operation", "parameter", "names"),
    [
        (
            "GetQueueAttributes",
            "AttributeNames",
            "All ApproximateNumberOfMessages ApproximateNumberOfMessagesDelayed ApproximateNumberOfMessagesNotVisible"
            " CreatedTimestamp LastModifiedTimestamp QueueArn DelaySeconds MaximumMessageSize MessageRetentionPeriod"
            " Policy ReceiveMessageWaitTimeSeconds VisibilityTimeout RedrivePolicy RedriveAllowPolicy KmsMasterKeyId"
            " KmsDataKeyReusePeriodSeconds SqsManagedSseEnabled FifoQueue ContentBasedDeduplication"
            " DeduplicationScope FifoThroughputLimit",
        ),
        *(
            (
                "ReceiveMessage",
                parameter,
                "All SenderId SentTimestamp ApproximateReceiveCount ApproximateFirstReceiveTimestamp SequenceNumber"
                " MessageDeduplicationId MessageGroupId AWSTraceHeader DeadLetterQueueSourceArn SqsManagedSseEnabled",
            )
            for parameter in ("AttributeNames", "MessageSystemAttributeNames")
        ),
    ],
)
def test_every_attribute_of_the_reference_is_known(operation: str, parameter: str, names: str) -> None:
    asked: dict[str, Any] = {parameter: names.split()}
    assert refusal(operation, **asked) is None


@pytest.mark.parametrize(
    "name",
    [
        *("DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"),
        *("VisibilityTimeout", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"),
    ],
)
def test_attributes_that_every_queue_can_have(name: str) -> None:
    for queue in (STANDARD, FIFO):
        assert refusal("SetQueueAttributes", queue, Attributes={name: "1"}) is None


@pytest.mark.parametrize(
    "name", ["FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"]
)
def test_attributes_that_only_fifo_queues_can_have(name: str) -> None:
    assert refusal("SetQueueAttributes", FIFO, Attributes={name: "true"}) is None
    assert refusal("SetQueueAttributes", STANDARD, Attributes={name: "true"}) == "InvalidAttributeName"


@pytest.mark.parametrize(
    ("name", "fifo", "valid"),
    [
        ("x" * 80, False, True),
        ("x" * 81, False, False),
        ("A-b_9", False, True),
        ("x" * 75 + ".fifo", True, True),
        ("x" * 76 + ".fifo", True, False),
        (".fifo", True, False),
        ("a_fifo", True, False),
        (None, False, False),
    ],
)
def test_how_long_a_name_may_be(name: str | None, *, fifo: bool, valid: bool) -> None:
    asked = {"QueueName": name, "Attributes": {"FifoQueue": "true"} if fifo else None}
    assert refusal("CreateQueue", {}, **asked) == (None if valid else "InvalidParameterValue")


@pytest.mark.parametrize(("token", "valid"), [("", True), (7, True), ("9" * 9, True), ("9" * 10, False), ("-1", False)])
def test_a_token_has_at_most_nine_digits(token: object, *, valid: bool) -> None:
    assert refusal("ListQueues", NextToken=token) == (None if valid else "InvalidParameterValue")


def test_a_queue_that_exists_is_compared_with_numbers_as_text() -> None:
    assert refusal("CreateQueue", {"DelaySeconds": "5"}, QueueName="q", Attributes={"DelaySeconds": 5}) is None


def test_a_source_of_another_type_is_refused() -> None:
    policy = json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 5})
    queue = TargetQueue(arn("orders.fifo"), FIFO, OTHERS.get)
    with pytest.raises(Refused, match="same type of queue"):
        check_operation("SetQueueAttributes", {"Attributes": {"RedrivePolicy": policy}}, queue)


def test_the_defaults_of_a_fifo_queue() -> None:
    assert list_defaults({"FifoQueue": "true"}) == {
        "SqsManagedSseEnabled": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }


@pytest.mark.parametrize("asked", [{}, {"QueueName": "q"}, {"Attributes": None}, {"Attributes": ["FifoQueue"]}])
def test_parameters_without_a_map_of_attributes_stay_as_they_are(asked: dict[str, Any]) -> None:
    assert normalize(asked) == asked


def test_the_other_parameters_stay_with_the_attributes() -> None:
    assert normalize({"QueueName": "q", "Attributes": {}}) == {"QueueName": "q", "Attributes": {}}
