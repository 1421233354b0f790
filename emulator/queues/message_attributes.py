"""Checks of message attributes, and the size of a message with its attributes.

See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from agenticai.emulator.http.aws_errors import invalid

MOST = 10
NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
RESERVED = re.compile(r"(aws|amazon)\.", re.IGNORECASE)
TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

Attribute = Mapping[str, Any]
"""An attribute as in SQS's JSON protocol: DataType, and StringValue or BinaryValue."""


def check_attributes(attributes: Mapping[str, Attribute]) -> None:
    """Check the names, types and values of a message's attributes. Raises Refused."""
    if len(attributes) > MOST:
        raise invalid(f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MOST}].")
    for name, attribute in attributes.items():
        _check_name(name)
        _check_value(name, attribute)


def count_bytes(message: Mapping[str, Any]) -> int:
    """Return the size of a message in bytes: its body, and the name, type and value of each attribute."""
    size = len((message.get("MessageBody") or "").encode())
    for name, attribute in (message.get("MessageAttributes") or {}).items():
        size += len(name.encode()) + len((attribute.get("DataType") or "").encode()) + len(_encode_value(attribute))
    return size


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise invalid(
            f"The message attribute name '{name}' is invalid. It can contain A-Z, a-z, 0-9, underscore (_),"
            " hyphen (-), and period (.), and has at most 256 characters."
        )
    if RESERVED.match(name):
        raise invalid("You can't use message attribute names beginning with 'AWS.' or 'Amazon.': they are reserved.")
    if name.startswith(".") or name.endswith(".") or ".." in name:
        raise invalid(f"The message attribute name '{name}' can't start or end with a period, nor have two in a row.")


def _check_value(name: str, attribute: Attribute) -> None:
    data_type = attribute.get("DataType")
    if not data_type:
        raise invalid(f"The message attribute '{name}' must contain a non-empty message attribute type.")
    if not TYPE.fullmatch(data_type) or len(data_type) > 256:
        raise invalid(
            f"The type of message (user) attribute '{name}' is invalid."
            " You must use only the following supported type prefixes: Binary, Number, String."
        )
    if not _encode_value(attribute):
        raise invalid(f"The message attribute '{name}' with type '{data_type}' must contain a non-empty value.")
    if data_type.startswith("Number") and not NUMBER.fullmatch(attribute["StringValue"].strip()):
        raise invalid(f"Can't cast the value of message (user) attribute '{name}' to a number.")


def _encode_value(attribute: Attribute) -> bytes:
    if str(attribute.get("DataType")).startswith("Binary"):
        return base64.b64decode(attribute.get("BinaryValue") or "")
    return (attribute.get("StringValue") or "").encode()
