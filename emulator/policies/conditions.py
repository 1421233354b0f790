"""Evaluates the conditions of statements for a call.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and, on keys
with several values, …/reference_policies_condition-single-vs-multi-valued-context-keys.html there.
"""

import ipaddress
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from agenticai.emulator.policies.patterns import Lookup, Pieces, Value, fill_in, join_pieces, matches, matches_arn
from agenticai.emulator.policies.statements import Statement, as_list

Compare = Callable[[str, Pieces], bool]
"""Compares a value of a call with a value of a policy."""

ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
IF_EXISTS: Final = "ifexists"
YEAR_OR_MONTH: Final = re.compile(r"\d{4}(-\d{2})?")


def are_met(statement: Statement, lookup: Lookup) -> bool:
    """Return whether all of a statement's conditions hold for a call."""
    return all(
        _holds(name.lower(), lookup(key), as_list(values), lookup if statement.has_variables else None)
        for name, keys in statement.conditions.items()
        for key, values in keys.items()
    )


def _holds(name: str, actual: Value, values: Sequence[str], lookup: Lookup | None) -> bool:
    if name == "null":
        return any((actual is None or actual == []) == (each.lower() == "true") for each in values)
    name, optional = name.removesuffix(IF_EXISTS), name.endswith(IF_EXISTS)
    prefix, _, base = name.rpartition(":")
    negated = base not in COMPARISONS and _remove_negation(base) in COMPARISONS
    compare = COMPARISONS.get(_remove_negation(base) if negated else base)
    if compare is None:
        return False
    if actual is None or actual == []:
        return optional or prefix == "forallvalues" or (negated and not prefix)
    actual_values = [actual] if isinstance(actual, str) else actual
    patterns = [fill_in(each, lookup if base.startswith(("string", "arn")) else None) for each in values]

    def fits(value: str) -> bool:
        return any(pattern is not None and compare(value, pattern) for pattern in patterns) is not negated

    every = prefix == "forallvalues" or (negated and not prefix)
    return all(map(fits, actual_values)) if every else any(map(fits, actual_values))


def _remove_negation(base: str) -> str:
    """Return the operator that a negated one negates."""
    return base.removeprefix("not") if base.startswith("notip") else base.replace("not", "", 1)


def _is_equal(actual: str, expected: Pieces) -> bool:
    return actual == join_pieces(expected)


def _is_equal_ignoring_case(actual: str, expected: Pieces) -> bool:
    return actual.lower() == join_pieces(expected).lower()


def _is_in_network(actual: str, expected: Pieces) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(join_pieces(expected), strict=False)
    except ValueError:
        return False


def _compare_numbers(compare: Callable[[Any, Any], bool]) -> Compare:
    def compare_parsed(actual: str, expected: Pieces) -> bool:
        try:
            return compare(float(actual), float(join_pieces(expected)))
        except ValueError:
            return False

    return compare_parsed


def _compare_dates(compare: Callable[[Any, Any], bool]) -> Compare:
    def compare_parsed(actual: str, expected: Pieces) -> bool:
        try:
            return compare(_parse_date(actual), _parse_date(join_pieces(expected)))
        except (ValueError, OverflowError):
            return False

    return compare_parsed


def _parse_date(text: str) -> datetime:
    """Parse a date in epoch seconds or in ISO 8601, perhaps without day or time. Raises ValueError."""
    if YEAR_OR_MONTH.fullmatch(text):
        text = f"{text}-01-01"[:10]
    elif re.fullmatch(r"\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


COMPARISONS: Final[Mapping[str, Compare]] = {
    "stringequals": _is_equal,
    "stringequalsignorecase": _is_equal_ignoring_case,
    "stringlike": matches,
    "arnequals": matches_arn,
    "arnlike": matches_arn,
    "binaryequals": _is_equal,
    "bool": _is_equal_ignoring_case,
    "ipaddress": _is_in_network,
    **{f"numeric{name}": _compare_numbers(order) for name, order in ORDERS.items()},
    **{f"date{name}": _compare_dates(order) for name, order in ORDERS.items()},
}
