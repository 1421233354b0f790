"""The adapters' requests to AWS, and their handling of answers that an engine cannot give."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config

from shared.models.errors import Retryable
from shared.queues import AgentQueue, SqsOutgoing
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.objects import S3Objects
from shared.storage.table import Conflict, Index, Key, Put, Remove, Update
from tests.fakes.wire import Wire
from tests.sessions import new_session

ONE, TWO = Key("P#1", "A"), Key("P#1", "B")
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
ITEM = {"PK": {"S": "P#1"}, "SK": {"S": "A"}, "n": {"N": "1"}}


def connect(service: str) -> Any:
    make: Callable[..., Any] = new_session().client
    return make(service, config=ONCE)


def table_on(*answers: tuple[int, object]) -> tuple[DynamoDbTable, Wire]:
    client = connect("dynamodb")
    return DynamoDbTable(client, "projects"), Wire(client, *answers)


def bucket_on(*answers: tuple[int, object]) -> tuple[S3Objects, Wire]:
    client = connect("s3")
    return S3Objects(client, "bucket"), Wire(client, *answers)


def refusal(code: str, *reasons: str) -> tuple[int, object]:
    """Return DynamoDB's refusal of a write or, with reasons, of a transaction."""
    return 400, {
        "__type": f"com.amazonaws.dynamodb#{code}",
        "CancellationReasons": [{"Code": code} for code in reasons],
    }


def s3_refusal(status: int, code: str) -> tuple[int, bytes]:
    return status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


def test_items_are_read_as_they_were_last_written() -> None:
    table, wire = table_on((200, {"Item": ITEM}), (200, {"Items": [ITEM]}))
    assert table.get(ONE) == {"n": 1}
    assert [item.key for item in table.query("P#1")] == [ONE]
    assert [body.get("ConsistentRead") for body in wire.bodies] == [True, True]


def test_an_index_is_read_newest_first_and_cannot_be_read_consistently() -> None:
    table, wire = table_on((200, {"Items": []}))
    assert table.query_index(Index.STATUS, "NEW", limit=5) == ()
    (asked,) = wire.bodies
    assert (asked["IndexName"], asked["ScanIndexForward"], asked["Limit"]) == ("GSI2", False, 5)
    assert "ConsistentRead" not in asked


def test_one_write_is_no_transaction_which_would_cost_twice() -> None:
    table, wire = table_on((200, {}))
    for writes in ([Put(ONE, {})], [Update(ONE, set={"n": 1})], [Remove(ONE)], [Put(ONE, {}), Remove(TWO)]):
        table.write(*writes)
    operations = [request.headers["X-Amz-Target"].partition(".")[2] for request in wire.asked]
    assert operations == ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"]


def test_a_write_holds_only_where_the_item_is_as_it_has_to_be() -> None:
    table, wire = table_on((200, {}))
    table.write(Put(ONE, {}, absent=True))
    table.write(Put(ONE, {"n": 1}))
    table.write(Update(ONE, set={"state": "B"}, add={"n": 2}, among={"state": ["C", "A"]}))
    table.write(Remove(ONE))
    absent, put, update, remove = wire.bodies
    assert absent["ConditionExpression"] == "attribute_not_exists(PK)"
    assert "ConditionExpression" not in {**put, **remove}
    assert put["Item"] == ITEM
    assert remove["Key"] == update["Key"] == {"PK": {"S": "P#1"}, "SK": {"S": "A"}}
    assert update["UpdateExpression"] == "SET #state = :v0 ADD #n :v1"
    assert update["ConditionExpression"] == "attribute_exists(PK) AND #state IN (:v2, :v3)"
    assert update["ExpressionAttributeNames"] == {"#state": "state", "#n": "n"}
    assert update["ExpressionAttributeValues"] == {
        ":v0": {"S": "B"}, ":v1": {"N": "2"}, ":v2": {"S": "A"}, ":v3": {"S": "C"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        (refusal("ConditionalCheckFailedException"), (ONE, TWO)),
        (refusal("TransactionConflictException"), (ONE, TWO)),
        (refusal("TransactionCanceledException", "None", "ConditionalCheckFailed"), (TWO,)),
        (refusal("TransactionCanceledException", "TransactionConflict", "None"), (ONE,)),
    ],
)
def test_a_write_that_another_one_was_before_is_a_conflict(answer: tuple[int, object], keys: tuple[Key, ...]) -> None:
    table, _ = table_on(answer)
    with pytest.raises(Conflict) as conflict:
        table.write(Put(ONE, {}), Put(TWO, {}))
    assert conflict.value.keys == keys


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("ProvisionedThroughputExceededException"), "ProvisionedThroughputExceededException"),
        (refusal("TransactionCanceledException", "ThrottlingError", "None"), "TransactionCanceledException"),
        ((500, {"__type": "InternalServerError"}), "InternalServerError"),
    ],
)
def test_any_other_refusal_of_the_table_may_be_tried_again(answer: tuple[int, object], code: str) -> None:
    table, _ = table_on(answer)
    with pytest.raises(Retryable, match=f"DynamoDB refused: {code}"):
        table.write(Put(ONE, {}), Put(TWO, {}))


def test_an_object_is_written_with_its_type() -> None:
    bucket, wire = bucket_on((200, b""))
    assert bucket.put("a/b.json", b"{}", "application/json").size == 2
    assert bucket.put_first("a/b.json", b"{}", "application/json") == b"{}"
    assert [request.headers["Content-Type"] for request in wire.asked] == ["application/json"] * 2
    assert [request.headers.get("If-None-Match") for request in wire.asked] == [None, "*"]


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_what_was_written_first_is_read(code: str) -> None:
    bucket, _ = bucket_on(s3_refusal(412, code), (200, b"first"))
    assert bucket.put_first("k", b"second", "text/plain") == b"first"
    unreadable, _ = bucket_on(s3_refusal(412, code), s3_refusal(404, "NoSuchKey"))
    with pytest.raises(Retryable, match="k is being written; it is not readable yet"):
        unreadable.put_first("k", b"second", "text/plain")


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda bucket: bucket.put("k", b"", "text/plain"), "S3 could not store k: "),
        (lambda bucket: bucket.put_first("k", b"", "text/plain"), "S3 could not store k: "),
        (lambda bucket: bucket.get("k"), "S3 could not read k: "),
        (lambda bucket: bucket.erase("k"), "S3 could not delete below k: "),
    ],
)
def test_what_s3_refuses_may_be_tried_again(ask: Callable[[S3Objects], object], reason: str) -> None:
    bucket, _ = bucket_on(s3_refusal(503, "SlowDown"))
    with pytest.raises(Retryable, match=reason):
        ask(bucket)


VERSIONS = b"""<ListVersionsResult><IsTruncated>false</IsTruncated>
<Version><Key>a/1</Key><VersionId>v</VersionId></Version></ListVersionsResult>"""


def test_versions_that_s3_keeps_may_be_erased_again() -> None:
    kept = b"<DeleteResult><Error><Key>a/1</Key><Code>InternalError</Code></Error></DeleteResult>"
    bucket, wire = bucket_on((200, VERSIONS), (200, kept))
    with pytest.raises(Retryable, match="S3 kept 1 versions below a/"):
        bucket.erase("a/")
    assert "max-keys=1000" in wire.asked[0].url
    assert b"<Quiet>true</Quiet>" in wire.asked[1].body


def test_a_message_comes_again_after_so_many_seconds() -> None:
    client = connect("sqs")
    wire = Wire(client, (200, {}))
    SqsOutgoing(lambda: client, {AgentQueue.QA: "https://sqs/qa"}).postpone(AgentQueue.QA, "handle", 59.6)
    assert wire.bodies == [{"QueueUrl": "https://sqs/qa", "ReceiptHandle": "handle", "VisibilityTimeout": 60}]


def test_what_sqs_refuses_may_be_tried_again() -> None:
    client = connect("sqs")
    Wire(client, (500, {"__type": "InternalError"}))
    with pytest.raises(Retryable, match="SQS did not change when a message comes again: "):
        SqsOutgoing(lambda: client, {AgentQueue.QA: "https://sqs/qa"}).postpone(AgentQueue.QA, "handle", 1)
