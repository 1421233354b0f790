"""Checks the outcome of a scenario against the expectations in its file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from agenticai.emulator.core.bench_records import AlarmState
from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.format.expected import Bounds, ExpectedProject
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.outcome import AwsUse, ReplayedProject
from shared.models.views import ProjectView
from shared.models.workflow import AT_REST, ProjectStatus

SHOWN = 200
"""The number of characters of a message that are shown."""


@dataclass(frozen=True)
class ScenarioOutcome:
    """The outcome of a scenario: its projects by name, the bodies of the dead letters by agent, and what was used.

    `alarms` are the states of the alarms for which the scenario has expectations.
    """

    projects: Mapping[str, ReplayedProject]
    dead_letters: Mapping[str, Sequence[str]]
    fired: Sequence[Fired]
    used: AwsUse
    alarms: Mapping[str, AlarmState] = field(default_factory=dict)


def find_unmet(scenario: Scenario, outcome: ScenarioOutcome) -> Iterator[str]:
    """Yield each unmet expectation as a sentence."""
    for key in scenario.projects:
        for name in scenario.list_copies(key):
            project = outcome.projects.get(name)
            found = _check_project(scenario, key, project) if project else ["It was never posted."]
            yield from (f"{name}: {sentence}" for sentence in found)
    yield from _check_dead_letters(scenario, outcome.dead_letters)
    yield from _check_alarms(scenario, outcome.alarms)
    yield from _check_figures(scenario, outcome.used)
    yield from _check_fired(scenario, outcome.fired)


def list_statuses(project: ReplayedProject) -> tuple[ProjectStatus, ...]:
    """Return the statuses of a project in order, repeated ones once."""
    return tuple(status for status, _ in groupby(event.status for event in project.events))


def _check_project(scenario: Scenario, key: str, project: ReplayedProject) -> Iterator[str]:
    expected = scenario.find_expected(key)
    if expected.gone != (project.view is None):
        yield "It is still there." if expected.gone else "It is gone."
    elif project.view is not None:
        yield from _check_end(expected, project.view)
        yield from _check_made(expected, project)
    timeline = scenario.expect.timeline.get(key)
    if timeline is not None and list_statuses(project) != timeline:
        yield f"Its timeline was {_join_statuses(list_statuses(project))} and not {_join_statuses(timeline)}."


def _check_end(expected: ExpectedProject, view: ProjectView) -> Iterator[str]:
    reason = view.failure.reason if view.failure else ""
    if view.status is not expected.status:
        yield f"It ended as {view.status} and not as {expected.status}" + (f": {reason}" if reason else ".")
    if expected.failure and not re.search(expected.failure, reason):
        yield f"The reason of its failure is {reason!r}, in which {expected.failure.pattern!r} is not found."
    if not expected.failure and reason and view.status in AT_REST:
        yield f"Its last change failed: {reason}"
    if expected.revision and str(view.revision) != expected.revision:
        yield f"Its revision is {view.revision} and not {expected.revision}."
    if expected.min_score is not None and (view.score is None or view.score < expected.min_score):
        yield f"Its score of {view.score} is under {expected.min_score:g}."
    if expected.max_score is not None and (view.score is None or view.score > expected.max_score):
        yield f"Its score of {view.score} is over {expected.max_score:g}."


def _check_made(expected: ExpectedProject, project: ReplayedProject) -> Iterator[str]:
    if expected.project_type and project.project_type != expected.project_type:
        yield f"It was packaged as {project.project_type} and not as {expected.project_type}."
    yield from (f"{path} is missing." for path in expected.files if path not in project.files)
    yield from (f"{path} should not be there." for path in expected.absent if path in project.files)
    yield from (f"A file was not written: {reason}." for reason in project.refused)
    if project.tests and not project.tests.passed:
        yield f"Its own tests do not pass:\n{project.tests.evidence}"


def _check_dead_letters(scenario: Scenario, dead_letters: Mapping[str, Sequence[str]]) -> Iterator[str]:
    expected = scenario.expect.dead_letters
    for agent, bodies in dead_letters.items():
        wanted = next((letters for name, letters in expected.items() if name == agent), None)
        count = wanted.count if wanted else 0
        if isinstance(count, Bounds):
            yield from _check_bounds(count, len(bodies), f"The number of dead letters of {agent}")
        elif len(bodies) != count:
            texts = "".join(f"\n{body[:SHOWN]}" for body in bodies)
            yield f"The {agent} dead-letter queue holds {_count_messages(len(bodies))} and not {count}:{texts}".rstrip(
                ":"
            )
        if wanted and wanted.body:
            others = (body for body in bodies if not re.search(wanted.body, body))
            yield from (f"A dead letter of {agent} does not say {wanted.body.pattern!r}: {b[:SHOWN]}" for b in others)


def _check_alarms(scenario: Scenario, states: Mapping[str, AlarmState]) -> Iterator[str]:
    for name, expected in scenario.expect.alarms.items():
        if (state := states.get(name)) != expected:
            yield f"The alarm {name} is {state} and not {expected}."


def _check_figures(scenario: Scenario, used: AwsUse) -> Iterator[str]:
    expect = scenario.expect
    for service, bounds in expect.calls.items():
        yield from _check_bounds(bounds, used.calls_by_service.get(service, 0), f"The number of {service} calls")
    yield from _check_bounds(expect.gb_seconds, used.gb_seconds, "The functions' use in GB-seconds")
    yield from _check_bounds(expect.cost_usd, used.cost_usd, "The cost in US dollars")


def _check_bounds(bounds: Bounds | None, value: float, name: str) -> Iterator[str]:
    if bounds is None:
        return
    if bounds.min is not None and value < bounds.min:
        yield f"{name} is {value:g}, under {bounds.min:g}."
    if bounds.max is not None and value > bounds.max:
        yield f"{name} is {value:g}, over {bounds.max:g}."


def _check_fired(scenario: Scenario, fired: Sequence[Fired]) -> Iterator[str]:
    """Check the faults that were applied; the file's rules come first in the schedule, and added ones are ignored."""
    applied = {fault.rule for fault in fired if fault.rule < len(scenario.faults)}
    expected = scenario.expect.fired
    if expected == "all":
        for rule, fault in enumerate(scenario.faults):
            if rule not in applied:
                yield f"Fault {rule + 1} ({fault.then.do}) was never applied."
    elif len(applied) != expected:
        yield f"{len(applied)} of the {len(scenario.faults)} faults were applied, and not {expected}."


def _count_messages(number: int) -> str:
    return f"{number} message" if number == 1 else f"{number} messages"


def _join_statuses(values: Sequence[ProjectStatus]) -> str:
    return " → ".join(values) or "empty"
