"""Attribute values: stored values are returned unchanged, and are stored as boto3 does."""

import json
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from shared.models.workflow import ProjectStatus
from shared.storage.attribute_values import to_attribute_value, to_plain_value

# DynamoDB's range and precision: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html. A float
# without a fraction is returned as an int, so beyond 2**53 it could be another number.
NUMBERS = st.floats(1e-100, 1e15) | st.floats(-1e15, -1e-100) | st.integers(-(10**37), 10**37)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(VALUES)
def test_what_is_stored_comes_back(value: Any) -> None:
    assert to_plain_value(to_attribute_value(value)) == value


@given(VALUES)
def test_boto3_reads_the_same_and_writes_what_is_read(value: Any) -> None:
    as_boto3_takes_it = json.loads(json.dumps(value), parse_float=Decimal)
    stored: Any = to_attribute_value(value)
    assert TypeDeserializer().deserialize(stored) == as_boto3_takes_it
    assert to_plain_value(TypeSerializer().serialize(as_boto3_takes_it)) == value


def test_numbers_without_a_fraction_are_whole() -> None:
    assert [repr(to_plain_value({"N": text})) for text in ("1", "100.0", "1E+2", "97.3", "-0.5")] == [
        "1",
        "100",
        "100",
        "97.3",
        "-0.5",
    ]


def test_enums_and_tuples_are_stored_as_text_and_lists() -> None:
    assert to_attribute_value((ProjectStatus.CREATED, True)) == {"L": [{"S": "CREATED"}, {"BOOL": True}]}


@pytest.mark.parametrize("value", [b"x", {1, 2}, object()])
def test_what_an_item_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"is not a value that an item can hold"):
        to_attribute_value(value)
    with pytest.raises(TypeError, match="type B, which nothing here writes"):
        to_plain_value({"B": b"x"})
