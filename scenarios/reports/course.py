"""The course of a project: what waited in which queue, which function worked on what, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Final

from agenticai.emulator.core.usage_records import FinishedInvocation
from agenticai.scenarios.reports.document import ProjectReport, ScenarioReport
from shared.models.events import EventType, TimelineEvent
from shared.models.workflow import ProjectStatus

NOTHING_LEFT: Final = "nothing was left to do"
DEFAULT_OUTCOMES: Final = {"api": "a request was answered"}
"""What an invocation without an event did, by lane."""

NEAR: Final = timedelta(milliseconds=3)
"""The tolerance for events, which are stored with a resolution of one millisecond."""

SHORTEST_WAIT: Final = timedelta(milliseconds=250)
"""The shortest wait that is shown."""


class BarKind(StrEnum):
    """What a bar stands for, or the outcome of the work that it stands for."""

    DONE = "done"
    FAILED = "failed"
    KILLED = "killed"
    IDLE = "idle"
    WAITING = "waiting"


@dataclass(frozen=True)
class Bar:
    """A period on a lane."""

    lane: str
    begin: datetime
    end: datetime
    kind: BarKind
    label: str
    title: str


@dataclass(frozen=True)
class Mark:
    """A moment on a lane."""

    lane: str
    at: datetime
    title: str


@dataclass(frozen=True)
class Course:
    """Everything that is drawn of a project; `statuses` has the start of each status."""

    work: tuple[Bar, ...]
    waiting: tuple[Bar, ...]
    faults: tuple[Mark, ...]
    statuses: tuple[tuple[datetime, ProjectStatus], ...]

    @property
    def changes(self) -> list[datetime]:
        """Every time at which something starts or ends."""
        edges = [moment for bar in self.work for moment in (bar.begin, bar.end)]
        return [*edges, *(mark.at for mark in self.faults), *(at for at, _ in self.statuses)]


def trace_course(project: ProjectReport, scenario: ScenarioReport) -> Course:
    """Return the course from a project's events, and from the invocations and faults of its scenario."""
    invocations = [done for done in scenario.invocations if done.project_id == project.id]
    work = [_make_invocation_bar(done, scenario, project.events) for done in invocations] or list(
        _make_event_bars(project.events)
    )
    work.sort(key=lambda bar: bar.begin)
    first, last = _find_span(work, project.events)
    faults = (
        Mark(_find_lane(scenario, fired.function or fired.what.partition(":")[0]), fired.at, fired.what)
        for fired in scenario.fired
        if first - NEAR <= fired.at <= last + NEAR
    )
    return Course(tuple(work), tuple(_find_waits(work)), tuple(faults), tuple(_list_statuses(project.events)))


def _find_span(work: Sequence[Bar], events: Sequence[TimelineEvent]) -> tuple[datetime, datetime]:
    edges = [bar.begin for bar in work] + [bar.end for bar in work] + [event.at for event in events]
    return (min(edges), max(edges)) if edges else (datetime.max, datetime.min)  # noqa: DTZ901 - an empty span


def _make_invocation_bar(done: FinishedInvocation, scenario: ScenarioReport, events: Sequence[TimelineEvent]) -> Bar:
    """Return the bar of an invocation, named after the events that were written during it."""
    lane = _find_lane(scenario, done.function)
    end = done.started_at + timedelta(milliseconds=done.duration_ms)
    during = [e for e in events if e.agent == lane and done.started_at - NEAR <= e.at <= end + NEAR]
    label = _describe_work(during[-1]) if during else ""
    details = [
        done.error_type
        or (during[-1].detail or during[-1].type if during else DEFAULT_OUTCOMES.get(lane, NOTHING_LEFT))
    ]
    details += [f"{done.duration_ms:.0f} ms" + (f", cold start {done.init_ms:.0f} ms" if done.init_ms else "")]
    details += [f"{done.gb_seconds:.2f} GB-s", f"request {done.request_id}"]
    return Bar(
        lane, done.started_at, end, _find_kind(done, during, lane), label, f"{label or lane}: " + "\n".join(details)
    )


def _find_kind(done: FinishedInvocation, events: Sequence[TimelineEvent], lane: str) -> BarKind:
    if done.error_type:
        return BarKind.KILLED
    if any(event.type is EventType.WORK_FAILED for event in events):
        return BarKind.FAILED
    return BarKind.DONE if events or lane in DEFAULT_OUTCOMES else BarKind.IDLE


def _make_event_bars(events: Sequence[TimelineEvent]) -> Iterator[Bar]:
    """Yield bars for a target without a meter, from the durations in the events."""
    for event in events:
        if event.type in {EventType.WORK_DONE, EventType.WORK_FAILED}:
            begin = event.at - timedelta(milliseconds=event.duration_ms or 0)
            kind = BarKind.DONE if event.type is EventType.WORK_DONE else BarKind.FAILED
            yield Bar(
                event.agent, begin, event.at, kind, _describe_work(event), f"{_describe_work(event)}: {event.detail}"
            )


def _find_waits(work: Sequence[Bar]) -> Iterator[Bar]:
    """Yield the periods in which nothing worked on the project, on the lane of the next work."""
    idle_since = work[0].end if work else None
    for before, bar in pairwise(work):
        idle_since = max(idle_since or before.end, before.end)
        if bar.begin - idle_since >= SHORTEST_WAIT:
            title = f"{bar.label or bar.lane} waited {(bar.begin - idle_since).total_seconds():.1f} s"
            yield Bar(bar.lane, idle_since, bar.begin, BarKind.WAITING, "", title)


def _list_statuses(events: Sequence[TimelineEvent]) -> Iterator[tuple[datetime, ProjectStatus]]:
    for status, unchanged in groupby(events, key=lambda event: event.status):
        yield next(unchanged).at, status


def _describe_work(event: TimelineEvent) -> str:
    """Return the work in words, with the attempt unless it is the first: TASK#1.0#store is "store"."""
    kind, *rest = event.work.split("#")
    name = rest[1] if kind == "TASK" else " ".join([kind.lower(), *rest])
    return f"{name}, attempt {event.attempt}" if event.attempt > 1 else name


def _find_lane(scenario: ScenarioReport, deployed: str) -> str:
    """Return the agent whose function or queue has this name."""
    return scenario.agents.get(deployed, "api")
