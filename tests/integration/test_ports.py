"""One contract for each port, fulfilled by the fake in memory and by the AWS adapter on the embedded engine."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx2
import pytest
from botocore.config import Config

from shared.storage.dynamodb import DynamoDbTable
from shared.storage.objects import Objects, S3Objects, describe, read_named
from shared.storage.table import (
    INDEX_PARTITION,
    INDEX_SORT,
    LAST,
    Conflict,
    Index,
    Item,
    Key,
    Position,
    Put,
    Remove,
    Table,
    Update,
)
from tests.fakes.objects import InMemoryObjects
from tests.fakes.table import InMemoryTable
from tests.integration.cloud import Cloud
from tests.sessions import new_session

Connect = Callable[[str], Any]


def key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


@pytest.fixture
def connect(cloud: Cloud) -> Connect:
    session = new_session()
    config = Config(s3={"addressing_style": "path"})
    client: Callable[..., Any] = session.client
    return lambda service: client(service, endpoint_url=cloud.endpoint_url, config=config)


def new_table(client: Any) -> DynamoDbTable:
    name = f"t-{uuid.uuid4().hex[:8]}"
    names = ("PK", "SK", INDEX_SORT, *INDEX_PARTITION.values())
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in names],
        KeySchema=key_schema("PK", "SK"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index.value,
                "KeySchema": key_schema(attribute, INDEX_SORT),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, attribute in INDEX_PARTITION.items()
        ],
    )
    return DynamoDbTable(client, name)


def new_bucket(client: Any) -> str:
    name = f"b-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def stored_table(connect: Connect) -> Iterator[Table]:
    client = connect("dynamodb")
    yield new_table(client)
    client.close()


@pytest.fixture
def stored_objects(connect: Connect) -> Iterator[Objects]:
    client = connect("s3")
    yield S3Objects(client, new_bucket(client))
    client.close()


@pytest.fixture(params=["memory", "embedded"])
def table(request: pytest.FixtureRequest) -> Table:
    stored: Callable[[], Table] = partial(request.getfixturevalue, "stored_table")
    return InMemoryTable() if request.param == "memory" else stored()


@pytest.fixture(params=["memory", "embedded"])
def objects(request: pytest.FixtureRequest) -> Objects:
    stored: Callable[[], Objects] = partial(request.getfixturevalue, "stored_objects")
    return InMemoryObjects() if request.param == "memory" else stored()


ONE = Key("P#1", "A")
TWO = Key("P#1", "B")


def test_an_item_comes_back_as_it_was_put(table: Table) -> None:
    attributes = {"text": "é", "count": 3, "share": 0.25, "flag": True, "none": None, "list": [1, {"a": []}]}
    table.write(Put(ONE, attributes))
    assert table.get(ONE) == attributes
    assert table.get(TWO) is None


def test_a_put_of_an_absent_item_conflicts_where_there_is_one(table: Table) -> None:
    table.write(Put(ONE, {"n": 1}, absent=True))
    with pytest.raises(Conflict) as conflict:
        table.write(Put(ONE, {"n": 2}, absent=True))
    assert conflict.value.keys == (ONE,)
    assert table.get(ONE) == {"n": 1}


def test_an_update_sets_and_adds_only_where_its_conditions_hold(table: Table) -> None:
    table.write(Put(ONE, {"state": "PENDING", "attempts": 0, "kept": "yes"}))
    table.write(Update(ONE, set={"state": "RUNNING"}, add={"attempts": 1, "new": 5}, among={"state": ["PENDING", "X"]}))
    assert table.get(ONE) == {"state": "RUNNING", "attempts": 1, "new": 5, "kept": "yes"}
    with pytest.raises(Conflict):
        table.write(Update(ONE, set={"state": "DONE"}, among={"state": ["PENDING"]}))
    with pytest.raises(Conflict):
        table.write(Update(TWO, set={"state": "DONE"}))
    assert table.get(TWO) is None


def test_writes_are_made_all_or_none_and_the_conflict_names_whose_condition_failed(table: Table) -> None:
    table.write(Put(ONE, {"state": "A"}))
    with pytest.raises(Conflict) as conflict:
        table.write(Put(TWO, {"n": 1}), Update(ONE, set={"state": "B"}, among={"state": ["Z"]}))
    assert conflict.value.keys == (ONE,)
    assert table.get(TWO) is None
    table.write(Put(TWO, {"n": 1}), Update(ONE, set={"state": "B"}, among={"state": ["A"]}))
    assert (table.get(ONE), table.get(TWO)) == ({"state": "B"}, {"n": 1})


def test_what_is_written_at_once_is_all_there_though_transactions_fail_meanwhile(table: Table) -> None:
    def write(number: int) -> None:
        table.write(Put(Key("P#1", f"{number:02}"), {"n": number}), Put(Key("P#2", f"{number:02}"), {"n": number}))
        with pytest.raises(Conflict):
            table.write(Put(Key("P#3", f"{number:02}"), {}), Update(Key("P#4", f"{number:02}"), set={"n": number}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert [len(table.query(f"P#{number}")) for number in (1, 2, 3)] == [40, 40, 0]


def test_a_removed_item_is_gone_and_removing_it_again_is_no_error(table: Table) -> None:
    table.write(Put(ONE, {"n": 1}))
    table.write(Remove(ONE))
    table.write(Remove(ONE))
    assert table.get(ONE) is None


def test_a_query_returns_a_range_of_sort_keys_in_order(table: Table) -> None:
    for sort_key in ("FILE#b", "FILE#a", "METADATA", "FILE#"):
        table.write(Put(Key("P#1", sort_key), {"name": sort_key}))
    table.write(Put(Key("P#2", "FILE#a"), {}))
    assert [item.key.sk for item in table.query("P#1", first="FILE#", last="FILE#\U0010ffff")] == [
        "FILE#",
        "FILE#a",
        "FILE#b",
    ]
    assert len(table.query("P#1")) == 4
    assert table.query("P#3") == ()


def sort_keys(items: tuple[Item, ...]) -> list[str]:
    return [item.key.sk for item in items]


def test_a_range_is_read_in_parts_that_join_without_a_gap_while_it_changes(table: Table) -> None:
    for sort_key in ("EVENT#x", "FILE#a", "FILE#a/b", "FILE#b", "FILE#\U0001f600", "FILE#é", "METADATA"):
        table.write(Put(Key("P#1", sort_key), {}))

    def part(after: str | None, limit: int | None) -> list[str]:
        return sort_keys(table.query("P#1", first="FILE#", last="FILE#" + LAST, after=after, limit=limit))

    assert part(None, 2) == ["FILE#a", "FILE#a/b"]
    table.write(Remove(Key("P#1", "FILE#a/b")))
    table.write(Put(Key("P#1", "FILE#a/a"), {}))
    assert part("FILE#a/b", 2) == ["FILE#b", "FILE#é"]
    assert part("FILE#é", 2) == ["FILE#\U0001f600"]
    assert part("FILE#é", None) == ["FILE#\U0001f600"]
    assert part("FILE#\U0001f600", 2) == []
    assert part(None, 5) == ["FILE#a", "FILE#a/a", "FILE#b", "FILE#é", "FILE#\U0001f600"]


def test_a_part_of_what_there_is_costs_one_query(connect: Connect) -> None:
    client, calls = connect("dynamodb"), list[object]()
    client.meta.events.register("before-call.dynamodb.Query", lambda **call: calls.append(call))
    table = new_table(client)
    for number in range(5):
        table.write(Put(Key("P#1", f"{number}"), {"GSI1PK": "PROJECT", INDEX_SORT: f"{number}"}))
    for limit in (2, 5, 6):
        calls.clear()
        assert len(table.query("P#1", limit=limit)) == len(table.query_index(Index.ALL, "PROJECT", limit=limit))
        assert len(calls) == 2
    client.close()


def test_what_does_not_fit_into_one_answer_of_the_table_is_read_all_the_same(table: Table) -> None:
    for number in range(6):
        table.write(Put(Key("P#1", f"{number}"), {"text": "x" * 300_000, "GSI1PK": "LARGE", INDEX_SORT: f"{number}"}))
    assert sort_keys(table.query("P#1")) == ["0", "1", "2", "3", "4", "5"]
    assert sort_keys(table.query("P#1", after="0", limit=4)) == ["1", "2", "3", "4"]
    assert sort_keys(table.query_index(Index.ALL, "LARGE")) == ["5", "4", "3", "2", "1", "0"]
    assert sort_keys(table.query_index(Index.ALL, "LARGE", limit=5)) == ["5", "4", "3", "2", "1"]


def test_a_listing_goes_on_after_an_item_that_is_gone(table: Table) -> None:
    for number in range(4):
        table.write(Put(Key(f"P#{number}", "M"), {"GSI1PK": "PROJECT", INDEX_SORT: str(number)}))
    table.write(Remove(Key("P#2", "M")))
    rest = table.query_index(Index.ALL, "PROJECT", after=Position(Key("P#2", "M"), "2"))
    assert [item.key.pk for item in rest] == ["P#1", "P#0"]


def test_a_listing_is_newest_first_and_pages_join_without_a_gap(table: Table) -> None:
    for number in range(5):
        table.write(Put(Key(f"P#{number}", "M"), {"GSI1PK": "PROJECT", INDEX_SORT: str(number), "n": number}))
    assert pages(table, Index.ALL, "PROJECT") == [4, 3, 2, 1, 0]


def test_a_listing_by_status_follows_each_move_and_holds_only_what_is_sorted(table: Table) -> None:
    for number, status in enumerate(("NEW", "OLD", "NEW", "NEW")):
        table.write(Put(Key(f"P#{number}", "M"), {"status": status, INDEX_SORT: str(number), "n": number}))
    table.write(Put(Key("P#9", "EVENT"), {"status": "NEW", "n": 9}))
    table.write(Update(Key("P#2", "M"), set={"status": "OLD"}, among={"status": ["NEW"]}))
    assert pages(table, Index.STATUS, "NEW") == [3, 0]
    assert pages(table, Index.STATUS, "OLD") == [2, 1]
    assert pages(table, Index.STATUS, "NONE") == []


def pages(table: Table, index: Index, value: str) -> list[int]:
    seen: list[int] = []
    after: Position | None = None
    while True:
        page = table.query_index(index, value, after=after, limit=2)
        seen += [item.attributes["n"] for item in page]
        if len(page) < 2:
            return seen
        after = Position(page[-1].key, page[-1].attributes[INDEX_SORT])


def test_an_object_comes_back_as_it_was_put(objects: Objects) -> None:
    stored = objects.put("a/b c.txt", b"\x00one", "text/plain")
    assert stored == describe("a/b c.txt", b"\x00one")
    assert objects.get("a/b c.txt") == b"\x00one"
    assert objects.get("a/other") is None


def test_only_the_first_of_several_puts_counts(objects: Objects) -> None:
    assert objects.put_first("k", b"first", "text/plain") == b"first"
    assert objects.put_first("k", b"second", "text/plain") == b"first"
    assert objects.get("k") == b"first"


def test_what_is_erased_is_gone_and_nothing_beside_it(objects: Objects) -> None:
    for key in ("a/1", "a/1", "a/b/2", "ab", "b/1"):
        objects.put(key, b"one", "text/plain")
    assert objects.erase("a/") is False
    assert [objects.get(key) for key in ("a/1", "a/b/2", "ab", "b/1")] == [None, None, b"one", b"one"]
    assert objects.erase("a/") is False


def test_more_than_can_be_erased_at_once_is_erased_step_by_step(objects: Objects) -> None:
    for number in range(5):
        objects.put(f"a/{number}", b"one", "text/plain")
    assert [objects.erase("a/", at_most=2) for _ in range(3)] == [True, True, False]
    assert [objects.get(f"a/{number}") for number in range(5)] == [None] * 5


def test_every_version_and_delete_marker_is_erased(connect: Connect) -> None:
    client, name = connect("s3"), f"b-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for number in range(4):
        client.put_object(Bucket=name, Key="a/same", Body=str(number))
    client.delete_object(Bucket=name, Key="a/same")
    assert [S3Objects(client, name).erase("a/", at_most=3) for _ in range(2)] == [True, False]
    left = client.list_object_versions(Bucket=name)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
    client.close()


def test_an_object_that_is_not_the_one_that_was_named_is_not_taken(objects: Objects) -> None:
    from shared.models.errors import Retryable

    stored = objects.put("k", b"one", "text/plain")
    assert read_named(objects, stored) == b"one"
    objects.put("k", b"other", "text/plain")
    with pytest.raises(Retryable):
        read_named(objects, stored)


def test_a_link_opens_without_credentials(connect: Connect) -> None:
    client, name = connect("s3"), f"b-{uuid.uuid4().hex[:8]}"
    client.create_bucket(Bucket=name)
    bucket = S3Objects(client, name)
    stored = bucket.put("a/b.txt", b"linked", "text/plain")
    assert httpx2.get(bucket.link(stored, 60), timeout=60).content == b"linked"
    client.close()
