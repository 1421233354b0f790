"""Scenario files are read, and faults in them are reported with file, line and field."""

from pathlib import Path

import pytest

from agenticai.emulator.faults.rules import CallFault, DeliveryFault, Duplicate, Error
from agenticai.scenarios.format.errors import InvalidScenario
from agenticai.scenarios.format.expected import ExpectedDeadLetters, ExpectedProject
from agenticai.scenarios.format.scenario import Scenario, load
from agenticai.scenarios.format.script import Create, Settle, Wait
from agenticai.stack.target import Capability
from shared.models.workflow import ProjectStatus

SMALLEST = """\
name: small
description: As little as there can be.
projects:
  first:
    name: Small
    requirements: A program that prints its name.
"""


def read(folder: Path, text: str) -> Scenario:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_what_is_left_out_of_a_file_is_a_project_that_completes_without_faults(tmp_path: Path) -> None:
    scenario = read(tmp_path, SMALLEST)
    assert scenario.script == (Create(create="first"),)
    assert scenario.find_expected("first") == ExpectedProject(status=ProjectStatus.COMPLETED)
    assert (scenario.faults, scenario.expect.fired, scenario.needs) == ((), "all", frozenset())


def test_a_project_that_a_step_deletes_is_expected_to_be_gone(tmp_path: Path) -> None:
    scenario = read(tmp_path, SMALLEST + "steps: [create: first, delete: first]\n")
    assert scenario.find_expected("first").gone


def test_steps_are_taken_in_their_order(tmp_path: Path) -> None:
    steps = "steps:\n  - create: first\n  - wait: {project: first, status: TESTING}\n  - settle: {skip: false}\n"
    create, wait, settle = read(tmp_path, SMALLEST + steps).script
    assert isinstance(create, Create)
    assert isinstance(wait, Wait)
    assert wait.wait.status is ProjectStatus.TESTING
    assert isinstance(settle, Settle)
    assert not settle.settle.skip


def test_a_fault_is_on_a_call_unless_it_names_a_delivery_and_on_needs_no_quotes(tmp_path: Path) -> None:
    faults = """\
faults:
  - when: {function: pm, nth: 2}
    then: {do: error, code: ThrottlingException}
  - when: {on: delivery, queue: dev}
    then: {do: duplicate}
"""
    call, delivery = read(tmp_path, SMALLEST + faults).faults
    assert isinstance(call, CallFault)
    assert isinstance(call.then, Error)
    assert (call.when.function, call.when.nth) == ("pm", 2)
    assert isinstance(delivery, DeliveryFault)
    assert delivery.then == Duplicate(do="duplicate")


def test_faults_may_be_for_whatever_a_pattern_fits(tmp_path: Path) -> None:
    every = "faults: [{when: {function: '*'}, then: {do: hang}}, {when: {function: '*-qa-*'}, then: {do: hang}}]\n"
    assert len(read(tmp_path, SMALLEST + every).faults) == 2


def test_durations_are_a_number_and_a_unit(tmp_path: Path) -> None:
    steps = "steps:\n  - create: first\n  - advance: {}\n"
    for text, seconds in {"45s": 45, "1.5m": 90, "2h": 7200, "14d": 1209600}.items():
        assert read(tmp_path, SMALLEST + steps.replace("{}", text)).script[1].model_dump() == {"advance": seconds}


def test_dead_letters_are_a_number_or_a_number_and_what_they_say(tmp_path: Path) -> None:
    expected = read(tmp_path, SMALLEST + "expect: {dead_letters: {dev: 2, qa: {count: 1, body: 'x+'}}}\n").expect
    assert expected.dead_letters["dev"] == ExpectedDeadLetters(count=2)
    body = expected.dead_letters["qa"].body
    assert body
    assert body.pattern == "x+"


def test_copies_are_projects_of_their_own(tmp_path: Path) -> None:
    scenario = read(tmp_path, SMALLEST + "    copies: 2\n")
    assert scenario.list_copies("first") == ("first 1", "first 2")
    assert {scenario.find_key(name) for name in scenario.list_copies("first")} == {"first"}


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("steps: [create: first, settle: {}, deploy: first]", set()),
        ("steps: [create: first, advance: 1d]", {Capability.STEPS}),
        ("steps: [create: first, settle: {deliveries: 1}]", {Capability.STEPS}),
        ("skips_time: true", {Capability.STEPS}),
        ("faults: [{when: {}, then: {do: latency, seconds: 1}}]", {Capability.CONTROL}),
        ("faults: [{when: {}, then: {do: hang}}]", {Capability.CONTROL, Capability.STEPS}),
        ("faults: [{when: {on: delivery}, then: {do: duplicate}}]", {Capability.CONTROL, Capability.STEPS}),
    ],
)
def test_what_a_target_must_be_able_to_do_is_known_from_the_file(
    tmp_path: Path, text: str, needed: set[Capability]
) -> None:
    assert read(tmp_path, SMALLEST + text).needs == needed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALLEST.replace("    name: Small\n", ""), r"small\.yaml:5: projects\.first\.name: Field required\."),
        (SMALLEST.split("    req")[0], r"small\.yaml:5: projects\.first: give requirements, a template, or both"),
        (SMALLEST.replace("first", "First"), r"small\.yaml:5: projects\.First: String should match pattern"),
        (SMALLEST + "expects: {}\n", r"small\.yaml:7: expects: Unknown field\."),
        (SMALLEST.replace("small", "other"), r"small\.yaml:1: name: It should be small, the name of the file"),
        (SMALLEST.replace("small", "../small"), r"small\.yaml:1: name: String should match pattern"),
        (SMALLEST + "steps: [create: first\n", r"small\.yaml:8: did not find expected ',' or ']'"),
        ("", r"small\.yaml:1: scenario: This must be a mapping\."),
        (SMALLEST + "steps: []\nsteps: []\n", r"small\.yaml:8: 'steps' is given twice\."),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidScenario, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("steps:\n  - create: first\n  - creat: first", r":9: steps\.1: A step is .* one of create, settle,"),
        ("steps:\n  - create: first\n    settle: {}", r":8: steps\.0: A step is a mapping with one key"),
        ("steps:\n  - settle", r":8: steps\.0: A step is a mapping with one key"),
        ("steps:\n  - wait: {project: first}", r":8: steps\.0\.wait\.status: Field required"),
        ("steps:\n  - advance: 90", r":8: steps\.0\.advance: should be a number and a unit, such as 45s"),
        ("steps:\n  - create: other", r":8: steps\.0: There is no project 'other' in this file"),
        ("steps:\n  - retry: first\n  - create: first", r":8: steps\.0: The project 'first' is not created before"),
        ("steps:\n  - create: first\n  - create: first", r":9: steps\.1: The project 'first' was created before"),
        (
            "steps:\n  - create: first\n  - send: {queue: pm, body: {id: '${frist}'}}",
            r":9: steps\.1: .* no project 'frist'",
        ),
        ("steps:\n  - settle: {}", r":5: projects\.first: No step creates the project 'first'"),
        ("faults:\n  - when: {nth: 0}\n    then: {do: hang}", r":8: faults\.0\.when\.nth: .*greater than or equal"),
        ("faults:\n  - when: {}\n    then: {do: error}", r":9: faults\.0\.then\.code: Field required"),
        ("faults:\n  - when: {}\n    then: {do: eror}", r":9: faults\.0\.then: .*'eror'.*'error', 'latency'"),
        (
            "faults:\n  - when: {function: pmm}\n    then: {do: hang}",
            r":8: faults\.0\.when\.function: .* 'pmm': use api, pm",
        ),
        (
            "faults:\n  - when: {on: delivery, queue: api}\n    then: {do: duplicate}",
            r":8: faults\.0\.when\.queue: There is no queue 'api': use pm, dev, qa, ops, or '\*'",
        ),
        ("faults:\n  - then: {do: hang}", r":8: faults\.0\.when: Field required"),
        ("faults:\n  - then: {}\n    when: {on: dial}", r":8: faults\.0: A fault has a `when`, which is on"),
        ("expect:\n  fired: some", r":8: expect\.fired: Input should be 'all', or Input .* a valid integer"),
        (
            "expect:\n  calls: {dynamo: {max: 1}}",
            r":8: expect\.calls\.dynamo: Input should be 'dynamodb', 'execute-api'",
        ),
        ("expect:\n  gb_seconds: {}", r":8: expect\.gb_seconds: give min, max, or both"),
        ("expect:\n  dead_letters: {boss: 1}", r":8: expect\.dead_letters\.boss: Input should be 'pm', 'dev'"),
        ("expect:\n  timeline:\n    other: []", r":9: expect\.timeline\.other: There is no project 'other'"),
        ("expect:\n  projects:\n    first: {failure: '['}", r":9: .*first\.failure: .* a valid regular expression"),
    ],
)
def test_what_is_wrong_in_a_part_is_named_with_its_line_and_field(tmp_path: Path, part: str, message: str) -> None:
    with pytest.raises(InvalidScenario, match=message):
        read(tmp_path, f"{SMALLEST}{part}\n")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidScenario, match=r"none\.yaml: cannot be read \(No such file"):
        load(tmp_path / "none.yaml")
