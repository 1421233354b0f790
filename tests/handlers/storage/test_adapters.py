"""The adapters' requests to AWS, and their handling of answers that an engine cannot give."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from shared.models.errors import Retryable
from shared.models.messages import AnyMessage, DeployRequested, PlanRequested, TaskReady, TestRequested, parse
from shared.models.project import Revision, StoredObject
from shared.queues import AgentQueue, SqsOutgoing
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.objects import S3Objects, describe, read_named
from shared.storage.table import (
    MAX_WRITES,
    Conflict,
    Index,
    Key,
    Position,
    Put,
    Remove,
    Update,
    retry_on_conflict,
)
from tests.fakes.objects import InMemoryObjects
from tests.fakes.wire import Wire
from tests.sessions import new_session

ONE, TWO = Key("P#1", "A"), Key("P#1", "B")
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
ITEM = {"PK": {"S": "P#1"}, "SK": {"S": "A"}, "n": {"N": "1"}}


def connect(service: str) -> Any:
    make: Callable[..., Any] = new_session().client
    return make(service, config=ONCE)


def unreachable(service: str) -> Any:
    """Return a client whose network is down."""
    client = connect(service)

    def fail(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="no way")

    client.meta.events.register("before-send", fail)
    return client


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


def test_a_query_asks_for_a_range_and_where_to_go_on() -> None:
    table, wire = table_on((200, {"Items": []}))
    table.query("P#1")
    table.query("P#1", first="A#", last="A#z", after="A#b", limit=7)
    table.query("P#1", after="")
    whole, part, begun = wire.bodies
    assert whole["TableName"] == "projects"
    assert whole["KeyConditionExpression"] == "PK = :pk AND SK BETWEEN :first AND :last"
    assert whole["ExpressionAttributeValues"] == {
        ":pk": {"S": "P#1"}, ":first": {"S": " "}, ":last": {"S": "\U0010ffff"},
    }  # fmt: skip
    assert {"ExclusiveStartKey", "Limit"}.isdisjoint(whole)
    assert part["ExpressionAttributeValues"] == {":pk": {"S": "P#1"}, ":first": {"S": "A#"}, ":last": {"S": "A#z"}}
    assert (part["ExclusiveStartKey"], part["Limit"]) == ({"PK": {"S": "P#1"}, "SK": {"S": "A#b"}}, 7)
    assert begun["ExclusiveStartKey"] == {"PK": {"S": "P#1"}, "SK": {"S": ""}}


def test_a_listing_asks_for_a_value_of_its_index_and_where_to_go_on() -> None:
    table, wire = table_on((200, {"Items": []}))
    table.query_index(Index.ALL, "PROJECT")
    table.query_index(Index.STATUS, "NEW", after=Position(ONE, "s"), limit=2)
    whole, part = wire.bodies
    assert (whole["IndexName"], whole["KeyConditionExpression"]) == ("GSI1", "#value = :value")
    assert whole["ExpressionAttributeNames"] == {"#value": "GSI1PK"}
    assert whole["ExpressionAttributeValues"] == {":value": {"S": "PROJECT"}}
    assert {"ExclusiveStartKey", "Limit"}.isdisjoint(whole)
    assert part["ExpressionAttributeNames"] == {"#value": "status"}
    assert part["ExclusiveStartKey"] == {
        "PK": {"S": "P#1"}, "SK": {"S": "A"}, "status": {"S": "NEW"}, "GSI1SK": {"S": "s"},
    }  # fmt: skip


def test_an_update_may_only_set_or_only_add() -> None:
    table, wire = table_on((200, {}))
    table.write(Update(ONE, set={"a": 1, "b": "x"}))
    table.write(Update(ONE, add={"n": 1, "m": 2}))
    assert [body["UpdateExpression"] for body in wire.bodies] == ["SET #a = :v0, #b = :v1", "ADD #n :v0, #m :v1"]
    assert {body["ConditionExpression"] for body in wire.bodies} == {"attribute_exists(PK)"}


def test_an_item_that_is_not_there_is_none() -> None:
    table, wire = table_on((200, {}))
    assert table.get(TWO) is None
    assert wire.bodies[0]["Key"] == {"PK": {"S": "P#1"}, "SK": {"S": "B"}}


def test_a_transaction_has_each_write_in_its_order() -> None:
    table, wire = table_on((200, {}))
    table.write(Put(ONE, {"n": 1}), Remove(TWO))
    assert wire.bodies[0]["TransactItems"] == [
        {"Put": {"TableName": "projects", "Item": ITEM}},
        {"Delete": {"TableName": "projects", "Key": {"PK": {"S": "P#1"}, "SK": {"S": "B"}}}},
    ]


@pytest.mark.parametrize(
    "ask",
    [lambda table: table.get(ONE), lambda table: table.query("P#1"), lambda table: table.write(Remove(ONE))],
    ids=["get", "query", "write"],
)
def test_a_table_that_cannot_be_reached_may_be_tried_again(ask: Callable[[DynamoDbTable], object]) -> None:
    with pytest.raises(Retryable, match=r"^DynamoDB could not be reached: .*no way"):
        ask(DynamoDbTable(unreachable("dynamodb"), "projects"))


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda bucket: bucket.put("k", b"", "text/plain"), "S3 could not store k: "),
        (lambda bucket: bucket.put_first("k", b"", "text/plain"), "S3 could not be reached: "),
        (lambda bucket: bucket.get("k"), "S3 could not be reached: "),
        (lambda bucket: bucket.erase("k"), "S3 could not delete below k: "),
    ],
    ids=["put", "put first", "get", "erase"],
)
def test_a_bucket_that_cannot_be_reached_may_be_tried_again(ask: Callable[[S3Objects], object], reason: str) -> None:
    with pytest.raises(Retryable, match=f"^{reason}.*no way"):
        ask(S3Objects(unreachable("s3"), "bucket"))


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
    assert "prefix=a%2F" in wire.asked[0].url
    assert b"<Quiet>true</Quiet>" in wire.asked[1].body
    assert b"<Key>a/1</Key><VersionId>v</VersionId>" in wire.asked[1].body


@pytest.mark.parametrize("more", [True, False])
def test_versions_and_delete_markers_are_erased_by_their_ids_and_whether_there_are_more_is_told(more: bool) -> None:
    marker = b"<DeleteMarker><Key>a/2</Key><VersionId>w</VersionId></DeleteMarker></ListVersionsResult>"
    listed = VERSIONS.replace(b"</ListVersionsResult>", marker).replace(b"false", str(more).lower().encode())
    bucket, wire = bucket_on((200, listed), (200, b"<DeleteResult/>"))
    assert bucket.erase("a/", at_most=3) is more
    assert "max-keys=3" in wire.asked[0].url
    assert b"<Key>a/2</Key><VersionId>w</VersionId>" in wire.asked[1].body


def test_where_there_is_nothing_to_erase_nothing_is_erased() -> None:
    bucket, wire = bucket_on((200, b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"))
    assert bucket.erase("a/") is False
    assert len(wire.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "found"), [(404, "NoSuchKey", True), (404, "404", True), (403, "No", False)]
)
def test_an_object_that_is_not_there_is_none_and_what_is_refused_is_not(status: int, code: str, found: bool) -> None:
    bucket, _ = bucket_on(s3_refusal(status, code))
    if found:
        assert bucket.get("k") is None
    else:
        with pytest.raises(Retryable, match=r"S3 could not read k: "):
            bucket.get("k")


def test_an_object_is_named_by_its_key_size_and_digest() -> None:
    digest = hashlib.sha256(b"one").hexdigest()
    assert describe("k", b"one") == StoredObject(key="k", size=3, sha256=digest)
    for content in (None, b"other"):
        objects = InMemoryObjects()
        if content:
            objects.put("k", content, "text/plain")
        with pytest.raises(Retryable, match=r"^k is not the object that was stored$"):
            read_named(objects, describe("k", b"one"))


def test_a_message_is_sent_to_its_queue_at_once_or_after_a_delay() -> None:
    client = connect("sqs")
    wire = Wire(client, (200, {"MessageId": "1"}))
    queues = SqsOutgoing(lambda: client, {queue: f"https://sqs/{queue}" for queue in AgentQueue})
    head = {"project_id": "0" * 26, "correlation_id": "c", "revision": {"build": 1}}
    messages: list[AnyMessage] = [
        PlanRequested.model_validate(head),
        TaskReady.model_validate(head | {"task_id": "a"}),
        TestRequested.model_validate(head),
        DeployRequested.model_validate(head),
    ]
    queues.send(messages)
    queues.send(messages[:1], delay=900)
    assert [body["QueueUrl"].rpartition("/")[2] for body in wire.bodies] == ["pm", "dev", "qa", "ops", "pm"]
    assert [body["DelaySeconds"] for body in wire.bodies] == [0, 0, 0, 0, 900]
    assert [parse(body["MessageBody"]) for body in wire.bodies] == [*messages, messages[0]]


def test_a_message_that_sqs_does_not_take_is_named() -> None:
    client = unreachable("sqs")
    message = PlanRequested(project_id="0" * 26, correlation_id="c", revision=Revision(build=1))
    queues = SqsOutgoing(lambda: client, {AgentQueue.PM: "https://sqs/pm"})
    with pytest.raises(Retryable, match=f"^SQS did not take {message.project_id}/PLAN#1: .*no way"):
        queues.send([message])
    with pytest.raises(Retryable, match=r"^SQS did not change when a message comes again: .*no way"):
        queues.postpone(AgentQueue.PM, "handle", 1)


def test_a_conflict_names_the_items() -> None:
    assert str(Conflict([ONE, TWO])) == "conditions failed on P#1 A, P#1 B"
    assert str(Conflict([])) == "conditions failed on unknown items"
    assert Conflict([ONE]).keys == (ONE,)


@pytest.mark.parametrize(("conflicts", "ends"), [(0, True), (19, True), (20, False)])
def test_a_write_between_a_read_and_a_write_is_waited_out_twenty_times(conflicts: int, ends: bool) -> None:
    tries: list[int] = []

    def attempt() -> str:
        tries.append(len(tries))
        if len(tries) <= conflicts:
            raise Conflict([ONE])
        return "written"

    if ends:
        assert retry_on_conflict(attempt, "p") == "written"
    else:
        with pytest.raises(Retryable, match=r"^p is written by too many at once$"):
            retry_on_conflict(attempt, "p")
    assert len(tries) == min(conflicts + 1, 20)


def test_a_write_has_no_condition_and_changes_nothing_unless_it_says_so() -> None:
    assert Put(ONE, {}) == Put(ONE, {}, absent=False)
    assert Update(ONE) == Update(ONE, set={}, add={}, among={})
    assert MAX_WRITES == 100


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
