"""The differences between two targets in one scenario.

Whatever may differ by chance is ignored: times, ids, and the order of concurrent work. Of a project's events, only its
sequence of statuses, and the sequence of events of each piece of work, are compared in order.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from itertools import groupby

from agenticai.emulator.core.usage_records import Caller
from agenticai.scenarios.comparing.observation import CallTotal, Observation
from agenticai.scenarios.reports.document import ProjectReport, ReportPart, ScenarioReport
from shared.models.events import EventType, TimelineEvent

NOTHING = "nothing"

KEPT = frozenset({("ssm", "GetParameter")})
"""Calls whose result a function's environment caches: their number depends on how many environments there are and how
long they live, which is chance on AWS too.
"""

Described = Mapping[str, str]
"""Descriptions of one aspect that are compared, by what they are about."""


class Subject(StrEnum):
    """What a difference is about."""

    OUTCOME = "outcome"
    PROJECT = "project"
    STATUSES = "statuses"
    WORK = "work"
    DEAD_LETTERS = "dead letters"
    FAULTS = "faults"
    INVOCATIONS = "invocations"
    CALLS = "calls"
    MODEL_CALLS = "model calls"


class Difference(ReportPart):
    """A difference between the first target and another in one aspect.

    `of` is the project, piece of work, agent or operation.
    """

    subject: Subject
    of: str
    first: str
    other: str
    first_target: str
    other_target: str


def find_differences(first: Observation, other: Observation) -> Iterator[Difference]:
    """Yield the differences of another target from the first, in what both have replayed and can report."""
    if not (first.compared and other.compared):
        return
    counted = frozenset(first.counted) & frozenset(other.counted)
    first_aspects, other_aspects = (dict(_describe_observation(observation, counted)) for observation in (first, other))
    for subject in Subject:
        if subject is Subject.MODEL_CALLS and None in (first.model_calls, other.model_calls):
            continue
        for of in dict.fromkeys((*first_aspects[subject], *other_aspects[subject])):
            before, after = (described[subject].get(of, NOTHING) for described in (first_aspects, other_aspects))
            if before != after:
                targets = {"first_target": first.target, "other_target": other.target}
                yield Difference(subject=subject, of=of, first=before, other=after, **targets)


def describe_statuses(project: ProjectReport) -> str:
    """Return a project's sequence of statuses."""
    return " → ".join(status for status, _ in groupby(event.status for event in project.events)) or NOTHING


def describe_works(project: ProjectReport) -> Described:
    """Return the sequence of events of each piece of a project's work."""
    works: dict[str, list[str]] = defaultdict(list)
    for event in project.events:
        works[f"{event.agent} {event.work}"].append(_describe_event(event))
    return {work: ", ".join(events) for work, events in works.items()}


def _describe_event(event: TimelineEvent) -> str:
    started = event.type is EventType.WORK_STARTED
    attempt = f" ({event.attempt})" if event.attempt else ""
    return f"{event.type.removeprefix('work ')}{attempt}" + (
        f": {event.detail}" if event.detail and not started else ""
    )


def _describe_observation(observation: Observation, counted: Collection[Caller]) -> Iterator[tuple[Subject, Described]]:
    """Yield each compared aspect, with the names of projects in place of ids, and calls only of `counted` callers."""
    report = observation.report
    names = {project.id: project.name for project in report.projects}
    for subject, described in _describe_report(report):
        yield subject, {of: _replace_ids(text, names) for of, text in described.items()}
    yield Subject.INVOCATIONS, _count_invocations(report) if "function" in counted else {}
    yield (
        Subject.CALLS,
        {
            f"{row.service} {row.operation} by {row.caller}": _describe_count(row)
            for row in observation.calls
            if row.caller in counted
        },
    )
    yield Subject.MODEL_CALLS, {f"{row.title} ({row.status})": f"{row.calls}" for row in observation.model_calls or ()}


def _describe_report(report: ScenarioReport) -> Iterator[tuple[Subject, Described]]:
    yield Subject.OUTCOME, {"the scenario": " ".join((report.outcome, *report.evidence, *report.left_out))}
    yield Subject.PROJECT, {project.name: _describe_end(project) for project in report.projects}
    yield Subject.STATUSES, {project.name: describe_statuses(project) for project in report.projects}
    works = ((project.name, *item) for project in report.projects for item in describe_works(project).items())
    yield Subject.WORK, {f"{name}: {work}": events for name, work, events in works}
    yield Subject.DEAD_LETTERS, {agent: f"{len(bodies)}" for agent, bodies in report.dead_letters.items() if bodies}
    fired = Counter(fault.rule + 1 for fault in report.fired)
    yield Subject.FAULTS, {f"fault {rule}": _describe_times(times) for rule, times in sorted(fired.items())}


def _describe_end(project: ProjectReport) -> str:
    package = f"; {project.project_type} of {', '.join(project.files)}" if project.files else ""
    failure = f"; {project.failure}" if project.failure else ""
    tests = "" if project.tests_ran is None else f"; {project.tests_ran} tests ran"
    return f"{project.end}{package}{tests}{failure}"


def _count_invocations(report: ScenarioReport) -> Described:
    """Return how often each agent's function was invoked for a scenario's projects, and how often it failed."""
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for invocation in report.invocations:
        agent = report.agents.get(invocation.function, invocation.function)
        counts[agent] += 1
        errors[agent] += invocation.error_type is not None
    return {
        agent: f"{count}" + (f", {errors[agent]} failed" if errors[agent] else "") for agent, count in counts.items()
    }


def _describe_count(row: CallTotal) -> str:
    return "some" if (row.service, row.operation) in KEPT else f"{row.calls}"


def _describe_times(number: int) -> str:
    return "applied once" if number == 1 else f"applied {number} times"


def _replace_ids(text: str, names: Mapping[str, str]) -> str:
    for project_id, name in names.items():
        text = text.replace(project_id, name)
    return text
