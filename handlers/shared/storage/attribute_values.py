"""Converts plain values to DynamoDB's attribute values and back.

boto3's TypeSerializer and TypeDeserializer do the same, but importing them imports all of boto3 in every cold start.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

AttributeValue = dict[str, Any]
"""docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html: one key, the type."""


def to_attribute_value(value: object) -> AttributeValue:
    """Return a JSON-like value as an attribute value. Raises TypeError for any other value."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int() | float():
            return {"N": repr(value)}
        case Mapping():
            return {"M": {name: to_attribute_value(member) for name, member in value.items()}}
        case list() | tuple():
            return {"L": [to_attribute_value(member) for member in value]}
    raise TypeError(f"{type(value).__name__} is not a value that an item can hold")


def to_plain_value(stored: Mapping[str, Any]) -> Any:
    """Return the plain value of an attribute value: numbers without a fraction are int, others float."""
    ((kind, value),) = stored.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "NULL":
            return None
        case "N":
            number = Decimal(value)
            return int(number) if number == number.to_integral_value() else float(number)
        case "M":
            return {name: to_plain_value(member) for name, member in value.items()}
        case "L":
            return [to_plain_value(member) for member in value]
    raise TypeError(f"an item holds a value of type {kind}, which nothing here writes")
