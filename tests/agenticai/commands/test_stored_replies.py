"""Stored replies are looked up with exactly the request that the PM agent will send."""

from typing import TYPE_CHECKING, cast

import pytest

from agenticai.client.errors import ApiError
from agenticai.commands.stored_replies import find_requirements, make_plan_request
from agenticai.emulator.gemini.canonical import parse_canonical_request
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.scenarios.benches.project_templates import read_project_templates
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from shared.models.template import Template
from tests.agenticai.client.test_api import PROJECT

if TYPE_CHECKING:
    from agenticai.client.api import ProjectsApi

MODEL = "gemini-3.5-flash-lite"
TEMPLATE = Template(id="demo", name="Demo", description="One.", requirements="A program in Python.\n")


@pytest.fixture(scope="module")
def store() -> CassetteStore:
    return CassetteStore.load(CASSETTES)


def is_stored(store: CassetteStore, requirements: str) -> bool:
    asked = make_plan_request(requirements, MODEL)
    return store.find(parse_canonical_request(asked.model, asked.body)) is not None


class Api:
    def get_template(self, template_id: str) -> Template:
        if template_id != TEMPLATE.id:
            raise ApiError("There is no such template.")
        return TEMPLATE


API = cast("ProjectsApi", Api())


def test_the_plan_of_every_template_is_stored(store: CassetteStore) -> None:
    assert [t.id for t in read_project_templates() if not is_stored(store, t.requirements)] == []


def test_that_of_a_known_request_is_and_of_another_is_not(store: CassetteStore) -> None:
    greeting = str(find_requirements(API, load(LIBRARY / "greeting.yaml").first.requirements, None))
    assert is_stored(store, greeting)
    assert not is_stored(store, f"{greeting} And dances.")


def test_every_template_is_replayed(store: CassetteStore) -> None:
    scenario = load(LIBRARY / "templates.yaml")
    assert {p.template for p in scenario.projects.values()} == {t.id for t in read_project_templates()}


def test_requirements_are_those_that_the_api_puts_together() -> None:
    assert find_requirements(API, None, "demo") == TEMPLATE.requirements
    assert (
        find_requirements(API, "  With colours, please.\n", "demo")
        == f"{TEMPLATE.requirements}\n\nWith colours, please."
    )
    assert find_requirements(API, f" {PROJECT.requirements} ", None) == PROJECT.requirements


@pytest.mark.parametrize(("text", "template"), [("short", None), ("A program\x00 in Python.", None), (None, "nope")])
def test_what_the_api_will_refuse_is_left_to_it(text: str | None, template: str | None) -> None:
    assert find_requirements(API, text, template) is None
