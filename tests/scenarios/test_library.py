"""The whole library: files are named after their scenarios, which together use every feature of the format."""

import pytest

from agenticai.emulator.faults.rules import BadReply, ModelReply
from agenticai.scenarios.format.scenario import LIBRARY, Scenario, load
from agenticai.scenarios.format.script import STEPS
from shared.models.workflow import ProjectStatus

FILES = sorted(LIBRARY.glob("*.yaml"))
SCENARIOS = [load(path) for path in FILES]

EFFECTS = {
    *("error", "latency", "hang", "kill", "deliver again", "hold", "reply"),
    *("duplicate", "delay", "reorder"),
}


def test_each_file_is_named_for_its_scenario() -> None:
    assert [scenario.name for scenario in SCENARIOS] == [path.stem for path in FILES]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_description_is_one_sentence(scenario: Scenario) -> None:
    assert scenario.description.endswith(".")
    assert ". " not in scenario.description


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_calls_are_bounded_so_that_a_doubling_is_noticed(scenario: Scenario) -> None:
    assert {"dynamodb", "s3", "sqs"} <= scenario.expect.calls.keys()


def test_every_step_is_taken_somewhere() -> None:
    assert {name for scenario in SCENARIOS for step in scenario.script for name in step.model_fields_set} == {*STEPS}


def test_every_kind_of_fault_happens_somewhere() -> None:
    faults = [fault.then for scenario in SCENARIOS for fault in scenario.faults]
    assert {fault.do for fault in faults} == EFFECTS
    assert {fault.reply for fault in faults if isinstance(fault, BadReply)} == {*ModelReply}


def test_every_project_type_and_every_end_is_expected_somewhere() -> None:
    expected = [project for scenario in SCENARIOS for project in scenario.expect.projects.values()]
    assert {project.project_type for project in expected} >= {"python-lambda", "node-lambda", "static-site", "package"}
    assert {project.status for project in expected} == {
        ProjectStatus.COMPLETED,
        ProjectStatus.NEEDS_REVIEW,
        ProjectStatus.FAILED,
    }
    assert any(project.gone for project in expected)
