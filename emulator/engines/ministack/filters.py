"""Filters of event source mappings: they have the rules of EventBridge's patterns, and MiniStack keeps those there.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
"""

from collections.abc import Mapping
from typing import Any

from agenticai.emulator.http.aws_errors import AwsError, Refused


def check_filters(criteria: Mapping[str, Any] | None) -> None:
    """Check that EventBridge takes every pattern of a mapping's FilterCriteria. Raises Refused."""
    from ministack.services import eventbridge

    for each in (criteria or {}).get("Filters") or ():
        if "Pattern" in each and eventbridge._parse_pattern_text(each["Pattern"])[0] is None:
            raise Refused(AwsError("InvalidParameterValueException", "Invalid filter pattern definition."))


def fits(record: Mapping[str, Any], pattern: Mapping[str, Any]) -> bool:
    """Return whether a record fits the pattern of a filter, which `check_filters` took."""
    from ministack.services import eventbridge

    return any(eventbridge._matches_detail(record, each) for each in eventbridge._compile_pattern(pattern))
