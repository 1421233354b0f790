"""The table port on DynamoDB."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.models.errors import Retryable
from shared.storage.attribute_values import to_attribute_value, to_plain_value
from shared.storage.table import (
    INDEX_PARTITION,
    INDEX_SORT,
    LAST,
    Attributes,
    Conflict,
    Index,
    Item,
    Key,
    Position,
    Put,
    Remove,
    Update,
    Write,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Another transaction held the item: for the writer, that is the same as a condition that has just changed.
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (conflict handling)
_CONFLICTS: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict"})
_CONFLICT_ERRORS: Final = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})


class DynamoDbTable:
    """A DynamoDB table with `PK`, `SK` and the listing indexes."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: Key) -> Attributes | None:
        with _translated():
            response = self._client.get_item(TableName=self._name, Key=_encode_key(key), ConsistentRead=True)
        return _decode_item(response["Item"]).attributes if "Item" in response else None

    def query(
        self, pk: str, *, first: str = "", last: str = LAST, after: str | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        return self._list_items(
            _encode_key(Key(pk, after)) if after is not None else None,
            limit,
            KeyConditionExpression="PK = :pk AND SK BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": first or " "}, ":last": {"S": last}},
            ConsistentRead=True,
        )

    def query_index(
        self, index: Index, value: str, *, after: Position | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        indexed_by = INDEX_PARTITION[index]
        return self._list_items(
            _encode_key(after.key) | {indexed_by: {"S": value}, INDEX_SORT: {"S": after.sort}} if after else None,
            limit,
            IndexName=index.value,
            KeyConditionExpression="#value = :value",
            ExpressionAttributeNames={"#value": indexed_by},
            ExpressionAttributeValues={":value": {"S": value}},
            ScanIndexForward=False,
        )

    def _list_items(self, after: Mapping[str, Any] | None, limit: int | None, **request: Any) -> tuple[Item, ...]:
        # One call, unless the answer is larger than 1 MB: then the paginator requests the rest.
        # docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
        request["PaginationConfig"] = {"MaxItems": limit, "PageSize": limit}
        if after:
            request["ExclusiveStartKey"] = after
        pages = self._client.get_paginator("query").paginate(TableName=self._name, **request)
        with _translated():
            return tuple(_decode_item(raw) for page in pages for raw in page["Items"])

    def write(self, *writes: Write) -> None:
        with _translated(writes):
            if len(writes) == 1:
                self._write_one(writes[0])
            else:
                self._client.transact_write_items(
                    TransactItems=[_make_transact_item(self._name, write) for write in writes]
                )

    def _write_one(self, write: Write) -> None:
        # A transaction of one costs twice the write capacity of the plain call.
        ((operation, request),) = _make_transact_item(self._name, write).items()
        call: dict[str, Callable[..., object]] = {
            "Put": self._client.put_item,
            "Update": self._client.update_item,
            "Delete": self._client.delete_item,
        }
        call[operation](**request)


def _make_transact_item(table: str, write: Write) -> Any:
    """Return the write as an entry of TransactWriteItems."""
    match write:
        case Put(key, attributes, absent):
            condition = {"ConditionExpression": "attribute_not_exists(PK)"} if absent else {}
            return {
                "Put": {"TableName": table, "Item": _encode_key(key) | to_attribute_value(attributes)["M"], **condition}
            }
        case Update():
            return {"Update": {"TableName": table, "Key": _encode_key(write.key), **_make_update(write)}}
        case Remove(key):
            return {"Delete": {"TableName": table, "Key": _encode_key(key)}}


def _make_update(write: Update) -> dict[str, Any]:
    """Return the update's expressions; all attributes have placeholders, as names may be reserved words."""
    values: dict[str, Any] = {}
    names: dict[str, str] = {}

    def placeholder(attribute: str, value: Any) -> tuple[str, str]:
        value_name = f"v{len(values)}"
        values[f":{value_name}"] = to_attribute_value(value)
        names[f"#{attribute}"] = attribute
        return f"#{attribute}", f":{value_name}"

    sets = [" = ".join(placeholder(name, value)) for name, value in write.set.items()]
    adds = [" ".join(placeholder(name, value)) for name, value in write.add.items()]
    conditions = ["attribute_exists(PK)"]
    for attribute, allowed in write.among.items():
        marks = [placeholder(attribute, value)[1] for value in sorted(allowed, key=str)]
        conditions.append(f"#{attribute} IN ({', '.join(marks)})")
    clauses = [f"SET {', '.join(sets)}"] * bool(sets) + [f"ADD {', '.join(adds)}"] * bool(adds)
    return {
        "UpdateExpression": " ".join(clauses),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _encode_key(key: Key) -> dict[str, Any]:
    return {"PK": {"S": key.pk}, "SK": {"S": key.sk}}


def _decode_item(raw: Mapping[str, Any]) -> Item:
    attributes = {name: to_plain_value(value) for name, value in raw.items()}
    return Item(Key(attributes.pop("PK"), attributes.pop("SK")), attributes)


class _translated:  # noqa: N801 - reads as a statement: with _translated():
    """Converts botocore's errors to this package's: failed conditions to `Conflict`, all others to `Retryable`."""

    def __init__(self, writes: tuple[Write, ...] = ()) -> None:
        self._writes = writes

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            self._raise_client_error(error)
        if isinstance(error, BotoCoreError):
            raise Retryable(f"DynamoDB could not be reached: {error}") from error

    def _raise_client_error(self, error: ClientError) -> None:
        code = error.response["Error"]["Code"]
        if code in _CONFLICT_ERRORS:
            raise Conflict([write.key for write in self._writes]) from error
        if code == "TransactionCanceledException":
            reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
            failed = [
                write.key
                for write, reason in zip(self._writes, reasons, strict=False)
                if reason.get("Code") in _CONFLICTS
            ]
            if failed:
                raise Conflict(failed) from error
        raise Retryable(f"DynamoDB refused: {code}") from error
