"""Replaces MiniStack's policy evaluation by `agenticai.emulator.policies`; denials state the reason."""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

from agenticai.emulator.policies.applying import Call, find_first
from agenticai.emulator.policies.patterns import Value
from agenticai.emulator.policies.principals import PrincipalMatch, match_principal
from agenticai.emulator.policies.statements import Effect, Statement, parse_policy

Layer = Literal["role", "boundary", "resource"]
"""The policies that decided: those of a function's role, its permissions boundary, or the resource's own."""

Documents = Iterable[Iterable[Statement]]


@dataclass(frozen=True)
class DenialReason:
    """Why a call was denied: by an explicit statement, or because the layer has no statement that allows it."""

    layer: Layer
    statement: Statement | None = None


class PolicyEvaluation:
    """Replaces MiniStack's evaluation; results that deny have an additional member, `because`."""

    def __init__(self, evaluator: Any) -> None:
        self._evaluator = evaluator
        self._resolve_key: Any = evaluator._resolve_condition_key
        self.latest: ContextVar[Call | None] = ContextVar("latest", default=None)

    def take_over(self) -> None:
        """Replace MiniStack's functions of the same names."""
        self._evaluator.parse_policy_document = parse_policy
        self._evaluator._first_match = self._find_first
        self._evaluator.evaluate = self._evaluate
        self._evaluator.evaluate_resource_policy = self._evaluate_resource

    def build_call(self, context: Any) -> Call:
        """Convert a context of MiniStack to a call."""

        def lookup(key: str) -> Value:
            principal_value = context.principal_keys.get(key.lower())
            value = self._resolve_key(key, context) if principal_value is None else principal_value
            return [str(item) for item in value] if isinstance(value, list) else None if value is None else str(value)

        return Call(context.action, context.resource_arn, lookup)

    def _find_first(self, context: Any, statements: Sequence[Statement], effect: Effect) -> Statement | None:
        return find_first(statements, effect, self.build_call(context))

    def _evaluate(self, context: Any, policies: Documents, *limits: Documents) -> Any:
        """Evaluate policies for a call, limited by `limits`."""
        call = self.build_call(context)
        self.latest.set(call)
        bounding: list[tuple[Layer, list[Statement]]] = [("boundary", _flatten(limit)) for limit in limits]
        return self._decide(call, context, [("role", _flatten(policies)), *bounding])

    def _evaluate_resource(
        self,
        document: object,
        context: Any,
        service: str | None = None,
        named_only: bool = False,
        direct_only: bool = False,
    ) -> Any:
        """Evaluate a resource's policy for a call, using the statements that name its caller closely enough."""
        closeness = (
            PrincipalMatch.ITSELF if direct_only else PrincipalMatch.ROLE if named_only else PrincipalMatch.ACCOUNT
        )
        statements = parse_policy(document, f"the policy of {context.resource_arn}")
        matching = [
            statement
            for statement in statements
            if match_principal(statement, context.principal_arn, service) >= closeness
        ]
        return self._decide(self.build_call(context), context, [("resource", matching)])

    def _decide(self, call: Call, context: Any, layers: Sequence[tuple[Layer, Sequence[Statement]]]) -> Any:
        for layer, statements in layers:
            if denying := find_first(statements, "Deny", call):
                return self._build_result(context, "Deny", DenialReason(layer, denying))
        for layer, statements in layers:
            if find_first(statements, "Allow", call) is None:
                return self._build_result(context, "ImplicitDeny", DenialReason(layer))
        return self._build_result(context, "Allow", None)

    def _build_result(self, context: Any, decision: str, reason: DenialReason | None) -> Any:
        sid = reason.statement.sid if reason and reason.statement else ""
        result = self._evaluator.EvalResult(decision, context.principal_arn, sid)
        result.because = reason
        return result


def _flatten(documents: Documents) -> list[Statement]:
    return [statement for statements in documents for statement in statements]
