"""The reference of the scenario format, and its JSON Schema, agree with the models."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from pydantic import BaseModel

from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.faults.rules import Fault, ModelReply
from agenticai.scenarios.format import schema
from agenticai.scenarios.format.scenario import LIBRARY, Scenario, load
from agenticai.scenarios.format.script import STEPS

PAGE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TABLES = re.findall(r"^\| (?:`do`|step|field[^|]*) \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
BASE = """\
name: example
description: An example.
projects:
  greeting:
    name: Greeting
    requirements: A program that greets.
"""


def models(annotation: Any, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Return the models in an annotation, and those in their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        for field in annotation.model_fields.values():
            models(field.annotation, seen)
    for part in get_args(annotation):
        models(part, seen)
    return seen


SCHEMA = jsonschema.Draft202012Validator(schema.make_schema())
MODELS = sorted(models(Scenario, set()) | models(Fault, set()), key=lambda model: model.__name__)


def words() -> Iterator[str]:
    """Yield all names in scenario files: fields, steps, effects of faults, and bad replies."""
    for model in MODELS:
        for name, field in model.model_fields.items():
            yield name
            values = field.annotation if name in {"do", "on", "side", "tests"} else None
            yield from (str(value) for value in get_args(values))
    yield from STEPS
    yield from ModelReply


def test_the_models_are_all_found() -> None:
    assert {"Scenario", "Waiting", "ExpectedProject", "DeliverAgain", "Reorder", "Bounds"} <= {
        m.__name__ for m in MODELS
    }


@pytest.mark.parametrize("word", sorted(set(words())))
def test_the_reference_names_everything(word: str) -> None:
    quoted = re.findall(r"`([^`\n]+)`", PAGE)
    assert [text for text in quoted if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)], f"{word} is not explained"


@pytest.mark.parametrize(
    "table", re.findall(r"^\| (`?do`?|step|field[^|]*) \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
)
def test_the_reference_names_nothing_else(table: tuple[str, str]) -> None:
    firsts = [row.split("|")[1] for row in table[1].splitlines()]
    named = {name for first in firsts for name in re.findall(r"`([\w ]+)[:`]", first)}
    assert named
    assert named <= set(words())


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_scenarios(example: str, tmp_path: Path) -> None:
    text = example if "\nname: " in example else BASE + example
    found = re.search(r"^name: (.*)$", text, re.MULTILINE)
    assert found
    path = tmp_path / f"{found[1]}.yaml"
    path.write_text(text, encoding="utf-8")
    assert load(path).projects
    SCHEMA.validate(parse_yaml(text))


def test_the_first_example_asks_for_what_replies_are_stored_for(tmp_path: Path) -> None:
    path = tmp_path / "throttled-while-planning.yaml"
    path.write_text(EXAMPLES[0], encoding="utf-8")
    assert load(path).first.requirements == load(LIBRARY / "greeting.yaml").first.requirements


def test_the_schema_file_is_current() -> None:
    assert schema.FILE.read_text("utf-8") == schema.format_schema(), "run `python -m agenticai.scenarios.format.schema`"


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_library_fits_the_schema_and_each_file_is_named_as_its_scenario(path: Path) -> None:
    SCHEMA.validate(parse_yaml(path.read_text("utf-8")))
    assert load(path).name == path.stem


def test_what_the_models_refuse_the_schema_refuses() -> None:
    wrong = ("steps: [{creat: greeting}]", "expect: {fired: some}", "faults: [{when: {}, then: {do: break}}]")
    for part in wrong:
        with pytest.raises(jsonschema.ValidationError):
            SCHEMA.validate(parse_yaml(BASE + part))
