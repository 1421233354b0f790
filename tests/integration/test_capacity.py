"""The capacity of DynamoDB calls: by AWS's developer guide, and as recorded by the meter."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.cloud import Cloud
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"PK": {"S": "1"}, "SK": {"S": "1"}}
KIB = 1024


@pytest.fixture(scope="module")
def dynamodb(cloud: Cloud) -> Iterator["DynamoDBClient"]:
    client = new_session().client("dynamodb", endpoint_url=cloud.endpoint_url)
    yield client
    client.close()


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    """Create a table with an index on items with a `status`, which has their `name`."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    attributes: Any = [{"AttributeName": each, "AttributeType": "S"} for each in ("PK", "SK", "status")]
    keys: Any = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
    index: Any = {
        "IndexName": "by-status",
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
    }
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=attributes,
        KeySchema=keys,
        GlobalSecondaryIndexes=[index],
    )
    return name


def item(**attributes: str) -> dict[str, Any]:
    return {**KEY, **{name: {"S": value} for name, value in attributes.items()}}


def taken(cloud: Cloud, call: Any, operation: str) -> float:
    """Return the number of units that the meter records for a call."""

    def units() -> float:
        rows = [row for row in cloud.control.usage().calls if (row.service, row.operation) == ("dynamodb", operation)]
        return sum(row.units for row in rows)

    before = units()
    assert "ConsumedCapacity" not in call()
    return units() - before


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, item(text="x"), 1),
        (None, item(text="x" * KIB), 2),
        (item(text="x" * 5 * KIB), item(text="x"), 6),  # the larger of both counts
        (None, item(status="NEW", name="a"), 2),  # and into the index
        (item(status="NEW", name="a"), item(status="NEW", name="b"), 2),
        (item(status="NEW", name="a"), item(status="OLD", name="a"), 3),  # out of the index, and in again
        (item(status="NEW", name="a"), item(status="NEW", name="a", text="x"), 1),  # the index does not have `text`
        (item(status="NEW", name="a"), item(name="a"), 2),
    ],
)
def test_a_write(
    cloud: Cloud, dynamodb: "DynamoDBClient", table: str, before: Any, after: dict[str, Any], units: float
) -> None:
    if before:
        dynamodb.put_item(TableName=table, Item=before)
    assert taken(cloud, lambda: dynamodb.put_item(TableName=table, Item=after), "PutItem") == units


def test_an_update_is_as_large_as_the_item(cloud: Cloud, dynamodb: "DynamoDBClient", table: str) -> None:
    dynamodb.put_item(TableName=table, Item=item(text="x" * 3 * KIB))
    update: Any = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
    assert taken(cloud, lambda: dynamodb.update_item(TableName=table, Key=KEY, **update), "UpdateItem") == 4


def test_a_transaction_takes_twice_as_much_of_the_table(cloud: Cloud, dynamodb: "DynamoDBClient", table: str) -> None:
    other = {**item(status="NEW", name="b"), "SK": {"S": "2"}}
    puts: Any = [{"Put": {"TableName": table, "Item": one}} for one in (item(text="x"), other)]
    call = lambda: dynamodb.transact_write_items(TransactItems=puts)  # noqa: E731
    assert taken(cloud, call, "TransactWriteItems") == 2 + 2 + 1


def test_reads_that_need_not_be_consistent_take_half(cloud: Cloud, dynamodb: "DynamoDBClient", table: str) -> None:
    dynamodb.put_item(TableName=table, Item=item(text="x" * 5 * KIB, status="NEW", name="a"))
    get: Any = {"TableName": table, "Key": KEY}
    assert taken(cloud, lambda: dynamodb.get_item(**get), "GetItem") == 1
    assert taken(cloud, lambda: dynamodb.get_item(**get, ConsistentRead=True), "GetItem") == 2
    query: Any = {"KeyConditionExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "status"}}
    query |= {"TableName": table, "IndexName": "by-status", "ExpressionAttributeValues": {":s": {"S": "NEW"}}}
    assert taken(cloud, lambda: dynamodb.query(**query), "Query") == 0.5


def test_items_that_are_read_together(cloud: Cloud, dynamodb: "DynamoDBClient", table: str) -> None:
    """Items of a query are rounded up together, those of a batch or a transaction one by one."""
    keys: Any = [{**KEY, "SK": {"S": str(number)}} for number in range(3)]
    for key in keys[:2]:
        dynamodb.put_item(TableName=table, Item={**key, "text": {"S": "x" * 2 * KIB}})
    query: Any = {"KeyConditionExpression": "PK = :p", "ExpressionAttributeValues": {":p": {"S": "1"}}}
    query |= {"TableName": table, "ConsistentRead": True}
    assert taken(cloud, lambda: dynamodb.query(**query), "Query") == 2
    batch: Any = {"RequestItems": {table: {"Keys": keys, "ConsistentRead": True}}}
    assert taken(cloud, lambda: dynamodb.batch_get_item(**batch), "BatchGetItem") == 3  # one of them does not exist
    gets: Any = [{"Get": {"TableName": table, "Key": key}} for key in keys]
    assert taken(cloud, lambda: dynamodb.transact_get_items(TransactItems=gets), "TransactGetItems") == 6


def test_who_asks_for_the_capacity_is_told(cloud: Cloud, dynamodb: "DynamoDBClient", table: str) -> None:
    told = dynamodb.put_item(TableName=table, Item=item(text="x"), ReturnConsumedCapacity="TOTAL")
    assert told["ConsumedCapacity"]["CapacityUnits"] == 1


def test_a_write_that_is_refused_is_billed_too(cloud: Cloud, dynamodb: "DynamoDBClient", table: str) -> None:
    def put() -> dict[str, Any]:
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(TableName=table, Item=item(), ConditionExpression="attribute_exists(PK)")
        return {}

    assert taken(cloud, put, "PutItem") == 1
