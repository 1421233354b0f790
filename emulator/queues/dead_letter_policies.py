"""AWS's rules for RedrivePolicy (where a queue sends dead letters) and RedriveAllowPolicy (whose it accepts).

They are those of
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from agenticai.emulator.http.aws_errors import invalid

Attributes = Mapping[str, str]
Find = Callable[[str], Attributes | None]
"""Returns the attributes of the queue with an ARN; None if there is no such queue."""

MOST_SOURCES = 10
MOST_RECEIVES = 1000


def check_redrive_policy(policy: str, find: Find) -> Attributes:
    """Return the attributes of a RedrivePolicy's target; maxReceiveCount has to be 1 to 1,000. Raises Refused."""
    prefix = _describe("RedrivePolicy", policy)
    fields = _parse(policy)
    if fields is None:
        raise invalid(f"{prefix}Redrive policy is not a valid JSON map.")
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in fields:
            raise invalid(f"{prefix}Redrive policy does not contain mandatory attribute: {name}.")
    count = fields["maxReceiveCount"]
    if not re.fullmatch(r"\d{1,4}", str(count)) or not 1 <= int(count) <= MOST_RECEIVES:
        raise invalid(f"{prefix}Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 inclusive.")
    target = find(str(fields["deadLetterTargetArn"]))
    if target is None:
        raise invalid(f"{prefix}Dead letter target does not exist.")
    return target


def check_target(policy: str, source_arn: str, target: Attributes) -> None:
    """Refuse a dead-letter queue of another type, or whose RedriveAllowPolicy does not name the source."""
    prefix = _describe("RedrivePolicy", policy)
    if target["QueueArn"].endswith(".fifo") != source_arn.endswith(".fifo"):
        raise invalid(f"{prefix}Dead-letter queue must be same type of queue as the source.")
    allowed = _parse(target.get("RedriveAllowPolicy", "")) or {}
    permission = allowed.get("redrivePermission", "allowAll")
    is_source = permission == "byQueue" and source_arn in allowed.get("sourceQueueArns", ())
    if permission != "allowAll" and not is_source:
        raise invalid(f"{prefix}Dead letter target does not allow this queue as a source: see its RedriveAllowPolicy.")


def check_redrive_allow_policy(policy: str) -> None:
    """Check that a RedriveAllowPolicy allows all sources, none, or one to ten that it names. Raises Refused."""
    fields = _parse(policy) or {}
    sources = fields.get("sourceQueueArns")
    match fields.get("redrivePermission"):
        case "allowAll" | "denyAll" if sources is None:
            return
        case "byQueue" if isinstance(sources, list) and 1 <= len(sources) <= MOST_SOURCES:
            return
    prefix = _describe("RedriveAllowPolicy", policy)
    raise invalid(
        f"{prefix}It has redrivePermission allowAll or denyAll, or byQueue with 1 to {MOST_SOURCES} sourceQueueArns."
    )


def _parse(policy: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(policy)
    except (TypeError, ValueError):
        return None
    return fields if isinstance(fields, dict) else None


def _describe(name: str, policy: str) -> str:
    return f"Value {policy} for parameter {name} is invalid. Reason: "
