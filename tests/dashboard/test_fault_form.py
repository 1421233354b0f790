"""The form for faults can create every rule that the types allow, and describes it in words."""

import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from agenticai.dashboard.services.fault_form import (
    EFFECTS,
    LABELS,
    FormField,
    WrongRule,
    describe_rule,
    describe_state,
    make_rule,
    parse_rules,
)
from agenticai.emulator.faults.rules import ActiveRule, Call, CallFault, Fault, Hang

DOCUMENT = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
WRITTEN = {"text": "SlowDown", "number": 5.0, "whole number": 500}


def answer(field: FormField) -> object:
    return field.choices[-1] if field.kind == "choice" else WRITTEN[field.kind]


@pytest.mark.parametrize(
    ("on", "do"), [(on, do) for on, effects in EFFECTS.items() for do in effects], ids=lambda name: name
)
def test_every_effect_is_made_from_its_fields(on: str, do: str) -> None:
    known = EFFECTS["call" if on == "call" else "delivery"]
    answers = {field.name: answer(field) for field in known[do].fields}
    made = make_rule("call" if on == "call" else "delivery", {"nth": 2, "times": 3}, do, answers)
    written = made.model_dump(mode="json")
    assert (written["when"]["on"], written["then"]) == (on, {"do": do, **answers})
    assert known[do].description.endswith(".")
    assert {field.name for field in known[do].fields} <= {*LABELS}


def test_the_effects_are_those_of_the_document() -> None:
    named = set(re.findall(r"^`([a-z ]+)`: ", DOCUMENT, re.MULTILINE))
    assert named == {do for effects in EFFECTS.values() for do in effects}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("- {when: {}, then: {do: hang}}", "call 1 of any function to any service: hang"),
        (
            "- {when: {function: pm, service: gemini, nth: 2, times: 3}, then: {do: latency, seconds: 90}}",
            "calls 2 to 4 of pm to gemini: latency, 90 s",
        ),
        ("- {when: {on: delivery, queue: qa}, then: {do: duplicate}}", "delivery 1 from qa: duplicate"),
        (
            "- {when: {service: s3, operation: PutObject}, then: {do: kill, side: after}}",
            "call 1 of any function to s3 PutObject: kill, after",
        ),
    ],
)
def test_a_rule_in_words(rule: str, words: str) -> None:
    assert [describe_rule(fault) for fault in parse_rules(rule)] == [words]


def test_the_rules_of_the_document_are_read_and_told() -> None:
    found = [rule for text in re.findall(r"^```yaml\n(.*?)^```", DOCUMENT, re.M | re.S) for rule in parse_rules(text)]
    adapter: TypeAdapter[Fault] = TypeAdapter(Fault)
    assert len(found) > 10
    assert all(adapter.validate_python(rule) == rule and describe_rule(rule) for rule in found)


def test_what_a_rule_has_met() -> None:
    rule = CallFault(when=Call(nth=2, times=2), then=Hang(do="hang"))
    states = [describe_state(ActiveRule(rule=0, fault=rule, met=met, applied=max(0, met - 1))) for met in (1, 2, 3)]
    assert states == ["1 matched, applied to 0", "2 matched, applied to 1", "3 matched, applied to 2, finished"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "This is not YAML"),
        ("5", "Input should be a valid tuple"),
        ("- {when: {nth: 0}, then: {do: hang}}", r"Rule 1 call when nth: .*greater than or equal to 1"),
        ("- {when: {}, then: {do: explode}}", r"Rule 1 call then: .*explode"),
        ("[" * 5000, "This is not YAML"),
    ],
)
def test_what_is_no_rule_says_why(text: str, reason: str) -> None:
    with pytest.raises(WrongRule, match=reason):
        parse_rules(text)
