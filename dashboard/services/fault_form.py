"""Fault rules as forms: the fields are derived from the rules' types, and a form's answers make a rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

import yaml
from pydantic import TypeAdapter, ValidationError

from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.faults.rules import ActiveRule, CallEffect, CallFault, DeliveryEffect, Fault

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from agenticai.emulator.core.usage_records import Record

FaultTarget = Literal["call", "delivery"]

ANY: Final = "*"
SERVICES: Final = ("dynamodb", "gemini", "s3", "sqs", "ssm", "sts")
LABELS: Final[Mapping[str, str]] = {
    "code": "Error code",
    "status": "HTTP status",
    "message": "Message",
    "seconds": "Seconds, on the engine's clock",
    "side": "Before or after the call is made",
    "reply": "Reply",
    "retry_after_s": "Retry delay that the reply states, in seconds",
}


class WrongRule(Exception):
    """The input is not a valid rule; the message says why."""


@dataclass(frozen=True)
class FormField:
    """A field of a form: one of `choices` if there are any, else text, an integer or a number."""

    name: str
    kind: Literal["choice", "text", "whole number", "number"]
    start: Any
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The field's label."""
        return LABELS[self.name]


@dataclass(frozen=True)
class Effect:
    """An effect on a call or a delivery, with its description and its fields."""

    do: str
    description: str
    fields: tuple[FormField, ...]


def make_rule(on: FaultTarget, when: Mapping[str, Any], do: str, then: Mapping[str, Any]) -> Fault:
    """Return the rule that a form's answers describe. Raises WrongRule."""
    return _validate_rules([{"when": {"on": on, **when}, "then": {"do": do, **then}}])[0]


def parse_rules(text: str) -> tuple[Fault, ...]:
    """Parse the rules in a YAML text, in the format of scenarios. Raises WrongRule."""
    try:
        return _validate_rules(parse_yaml(text))
    except (yaml.YAMLError, RecursionError) as error:
        raise WrongRule(f"This is not YAML: {error}") from error


def describe_rule(fault: Fault) -> str:
    """Return a rule as a sentence: what it matches, and what happens then."""
    when = fault.when
    last = when.nth + when.times - 1
    occurrences = f"{when.on} {when.nth}" if when.times == 1 else f"{_PLURALS[when.on]} {when.nth} to {last}"
    if isinstance(fault, CallFault):
        operation = " ".join(name for name in (fault.when.service, fault.when.operation) if name != ANY)
        source = f" of {_replace_any(fault.when.function, 'any function')} to {operation or 'any service'}"
    else:
        source = f" from {_replace_any(fault.when.queue, 'any queue')}"
    then = fault.then.model_dump(mode="json", exclude_defaults=True)
    effects = ", ".join(f"{value:g} s" if isinstance(value, float) else str(value) for value in then.values())
    return f"{occurrences}{source}: {effects}"


def describe_state(rule: ActiveRule) -> str:
    """Return how often a rule has matched, and whether it can match again."""
    when = rule.fault.when
    progress = f"{rule.met:,} matched, applied to {rule.applied:,}"
    return f"{progress}, finished" if rule.met >= when.nth + when.times - 1 else progress


def _validate_rules(document: object) -> tuple[Fault, ...]:
    try:
        return _RULES.validate_python(document)
    except ValidationError as error:
        raise WrongRule("\n".join(_list_complaints(error))) from error


def _list_complaints(error: ValidationError) -> Iterator[str]:
    for detail in error.errors()[:10]:
        location = " ".join(str(part + 1) if isinstance(part, int) else part for part in detail["loc"])
        yield f"Rule {location}: {detail['msg']}" if location else detail["msg"]


def _replace_any(name: str, otherwise: str) -> str:
    return otherwise if name == ANY else name


def _list_effects(union: object) -> dict[str, Effect]:
    models: tuple[type[Record], ...] = get_args(get_args(union)[0])
    return {effect.do: effect for effect in map(_describe_effect, models)}


def _describe_effect(model: "type[Record]") -> Effect:
    effect_name = get_args(model.model_fields["do"].annotation)[0]
    fields = tuple(_describe_field(name, info) for name, info in model.model_fields.items() if name != "do")
    return Effect(effect_name, " ".join((model.__doc__ or "").split()), fields)


def _describe_field(name: str, info: "FieldInfo") -> FormField:
    annotation, start = info.annotation, None if info.is_required() else info.default
    if get_origin(annotation) is Literal:
        return FormField(name, "choice", start, get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return FormField(name, "choice", start, tuple(member.value for member in annotation))
    if annotation is int:
        return FormField(name, "whole number", start)
    return FormField(name, "number" if annotation is float else "text", start)


_RULES: Final[TypeAdapter[tuple[Fault, ...]]] = TypeAdapter(tuple[Fault, ...])
_PLURALS: Final[Mapping[str, str]] = {"call": "calls", "delivery": "deliveries"}
EFFECTS: Final[Mapping[FaultTarget, Mapping[str, Effect]]] = {
    "call": _list_effects(CallEffect),
    "delivery": _list_effects(DeliveryEffect),
}
"""The possible effects, by the `do` of the rule."""
