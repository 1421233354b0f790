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
    told = _describe("RedrivePolicy", policy)
    parts = _parse(policy)
    if parts is None:
        raise invalid(f"{told}Redrive policy is not a valid JSON map.")
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in parts:
            raise invalid(f"{told}Redrive policy does not contain mandatory attribute: {name}.")
    count = parts["maxReceiveCount"]
    if not re.fullmatch(r"\d{1,4}", str(count)) or not 1 <= int(count) <= MOST_RECEIVES:
        raise invalid(f"{told}Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 inclusive.")
    target = find(str(parts["deadLetterTargetArn"]))
    if target is None:
        raise invalid(f"{told}Dead letter target does not exist.")
    return target


def check_target(policy: str, source_arn: str, target: Attributes) -> None:
    """Refuse a dead-letter queue of another type, or whose RedriveAllowPolicy does not name the source."""
    told = _describe("RedrivePolicy", policy)
    if target["QueueArn"].endswith(".fifo") != source_arn.endswith(".fifo"):
        raise invalid(f"{told}Dead-letter queue must be same type of queue as the source.")
    allowed = _parse(target.get("RedriveAllowPolicy", "")) or {}
    permission = allowed.get("redrivePermission", "allowAll")
    named = permission == "byQueue" and source_arn in allowed.get("sourceQueueArns", ())
    if permission != "allowAll" and not named:
        raise invalid(f"{told}Dead letter target does not allow this queue as a source: see its RedriveAllowPolicy.")


def check_redrive_allow_policy(policy: str) -> None:
    """Check that a RedriveAllowPolicy allows all sources, none, or one to ten that it names. Raises Refused."""
    parts = _parse(policy) or {}
    sources = parts.get("sourceQueueArns")
    match parts.get("redrivePermission"):
        case "allowAll" | "denyAll" if sources is None:
            return
        case "byQueue" if isinstance(sources, list) and 1 <= len(sources) <= MOST_SOURCES:
            return
    told = _describe("RedriveAllowPolicy", policy)
    raise invalid(
        f"{told}It has redrivePermission allowAll or denyAll, or byQueue with 1 to {MOST_SOURCES} sourceQueueArns."
    )


def _parse(policy: str) -> dict[str, Any] | None:
    try:
        parts = json.loads(policy)
    except (TypeError, ValueError):
        return None
    return parts if isinstance(parts, dict) else None


def _describe(name: str, policy: str) -> str:
    return f"Value {policy} for parameter {name} is invalid. Reason: "
