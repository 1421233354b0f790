"""Decides which statements apply to a call.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agenticai.emulator.policies.conditions import are_met
from agenticai.emulator.policies.patterns import Lookup, fill_in, matches
from agenticai.emulator.policies.statements import Effect, Statement


@dataclass(frozen=True)
class Call:
    """An action on a resource, and the values of condition keys."""

    action: str
    resource: str
    lookup: Lookup


def find_first(statements: Iterable[Statement], effect: Effect, call: Call) -> Statement | None:
    """Return the first statement of this effect that applies to a call."""
    return next(
        (statement for statement in statements if statement.effect == effect and applies(statement, call)), None
    )


def applies(statement: Statement, call: Call) -> bool:
    """Return whether a statement matches a call, including its conditions but not its principals."""
    return (
        is_action(call.action, statement.actions, statement.not_actions)
        and _is_resource(statement, call)
        and are_met(statement, call.lookup)
    )


def is_action(action: str, actions: Sequence[str], not_actions: Sequence[str] = ()) -> bool:
    """Return whether an action matches `actions`, or none of `not_actions`, ignoring case."""
    matched = any(matches(action, ((pattern, False),), ignore_case=True) for pattern in actions or not_actions)
    return matched if actions else not matched


def is_resource(resource: str, pattern: str, lookup: Lookup | None) -> bool:
    """Return whether a resource matches a pattern; false if a variable in the pattern has no value."""
    pieces = fill_in(pattern, lookup)
    return pieces is not None and matches(resource, pieces)


def _is_resource(statement: Statement, call: Call) -> bool:
    """Return whether a statement matches a call's resource; false if a variable in it has no value."""
    lookup = call.lookup if statement.has_variables else None
    patterns = [fill_in(each, lookup) for each in statement.resources or statement.not_resources]
    matched = any(pieces is not None and matches(call.resource, pieces) for pieces in patterns)
    return matched if statement.resources else not matched and None not in patterns
