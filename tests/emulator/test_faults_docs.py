"""The page about faults documents every field, effect and bad reply, and its examples are valid rules."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, TypeAdapter

from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.core.usage_records import Record
from agenticai.emulator.faults.rules import (
    Call,
    CallEffect,
    CallFault,
    Delivery,
    DeliveryEffect,
    DeliveryFault,
    Fault,
    ModelReply,
)

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
EFFECTS: tuple[type[Record], ...] = (*get_args(get_args(CallEffect)[0]), *get_args(get_args(DeliveryEffect)[0]))


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_column(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def rules(text: str = PAGE) -> Iterable[Fault]:
    adapter: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])
    for example in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        yield from adapter.validate_python(parse_yaml(example))


@pytest.mark.parametrize(("title", "part"), [("When: calls", Call), ("When: deliveries", Delivery)])
def test_every_condition_is_told(title: str, part: type[BaseModel]) -> None:
    assert first_column(section(title)) == set(part.model_fields)


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect_is_told_with_its_fields_and_shown(effect: type[Record]) -> None:
    (name,) = get_args(effect.model_fields["do"].annotation)
    assert f"\n`{name}`:" in PAGE
    assert any(isinstance(rule.then, effect) for rule in rules()), f"no example has `do: {name}`"
    shown = set[str]().union(*(rule.then.model_fields_set for rule in rules() if isinstance(rule.then, effect)))
    assert shown == set(effect.model_fields)


def test_every_bad_reply_is_told() -> None:
    assert first_column(section("Then: what happens to a call")) == {kind.value for kind in ModelReply}


@pytest.mark.parametrize(
    ("title", "kind"),
    [("Then: what happens to a call", CallFault), ("Then: what happens to a delivery", DeliveryFault)],
)
def test_the_examples_stand_where_they_belong(title: str, kind: type[Record]) -> None:
    assert {type(rule) for rule in rules(section(title))} == {kind}
