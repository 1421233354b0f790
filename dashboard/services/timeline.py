"""A project's timeline as spans: waiting for an agent, working, failed, or redelivered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from agenticai.client.durations import format_age
from shared.models import layout
from shared.models.events import EventType, TimelineEvent
from shared.models.project import Revision
from shared.models.workflow import FINAL, ProjectStatus

if TYPE_CHECKING:
    from shared.models.plan import Plan
    from shared.models.views import ProjectSummaryView

REPAIR: Final = "repair"
EXACT_S: Final = 120
"""Sums below this many seconds are shown in hundredths of a second."""

_AGENTS: Final = {
    layout.ItemKind.PLAN: "pm",
    layout.ItemKind.TASK: "dev",
    layout.ItemKind.TEST: "qa",
    layout.ItemKind.DEPLOYMENT: "ops",
}
_ASKED: Final = (EventType.PROJECT_CREATED, EventType.CHANGE_REQUESTED)


class SpanKind(StrEnum):
    """What happened to a piece of work during a span."""

    WAITING = "waiting"
    WORKING = "working"
    FAILED = "failed"
    INTERRUPTED = "failed, will be redelivered"
    LOST = "no end recorded, redelivered"


@dataclass(frozen=True)
class Span:
    """A period in the life of a piece of work; `attempt` counts deliveries from 1."""

    agent: str
    work: str
    attempt: int
    kind: SpanKind
    start: datetime
    end: datetime
    detail: str = ""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.end - self.start).total_seconds()


def list_spans(
    events: Sequence[TimelineEvent], project: "ProjectSummaryView", plan: "Plan | None", now: datetime
) -> list[Span]:
    """Return the spans of a project's events, which are in order, up to `now`, sorted by start.

    With the `plan` of the current build, a task waits from when its dependencies are done, else from when the plan is.
    """
    timeline = _Timeline(events, project, plan, now)
    return sorted(timeline.list_spans(), key=lambda span: (span.start, span.end))


def describe_work(key: str) -> str:
    """Return the id of a task, or the kind and revision of any other work, from its key."""
    kind, _, rest = key.partition("#")
    return layout.task_of(key) or f"{kind.lower()} {rest}".strip()


def describe_spans(found: Sequence[Span]) -> str:
    """Return the total times of working and waiting, and what was redelivered, in words."""
    waited = sum(span.seconds for span in found if span.kind is SpanKind.WAITING)
    worked = sum(span.seconds for span in found if span.kind not in (SpanKind.WAITING, SpanKind.LOST))
    lost = sum(span.kind is SpanKind.LOST for span in found)
    redelivered = sum(span.attempt > 1 and span.kind is not SpanKind.WAITING for span in found)
    without_end = f", {lost} without an end" if lost else ""
    return (
        f"{_format_duration(worked)} working, {_format_duration(waited)} waiting,"
        f" {redelivered} redelivered{without_end}"
    )


def _format_duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < EXACT_S else format_age(seconds)


class _Timeline:
    def __init__(
        self,
        events: Sequence[TimelineEvent],
        project: "ProjectSummaryView",
        plan: "Plan | None",
        now: datetime,
    ) -> None:
        self._events = events
        self._project = project
        self._plan = plan
        self._now = max([now, *(event.at for event in events)])

    def list_spans(self) -> Iterator[Span]:
        for index, event in enumerate(self._events):
            if event.type is EventType.WORK_STARTED:
                yield from self._list_attempt_spans(index, event)
        if self._project.status not in FINAL:
            for key in self._list_expected():
                yield self._make_span(
                    key, SpanKind.WAITING, self._count_attempts(key) + 1, self._find_release(key), self._now
                )

    def _list_attempt_spans(self, index: int, started: TimelineEvent) -> Iterator[Span]:
        key, attempt = started.work, started.attempt
        released, lost = self._find_release(key, index), self._is_open(key, index)
        if released < started.at and not lost:
            yield self._make_span(key, SpanKind.WAITING, attempt, released, started.at)
        later = [event for event in self._events[index + 1 :] if event.work == key]
        next_event = next((event for event in later if event.type is not EventType.RETRY_REQUESTED), None)
        if next_event is None:
            project_ended = self._project.status in FINAL
            kind, end = (SpanKind.LOST, self._events[-1].at) if project_ended else (SpanKind.WORKING, self._now)
            yield self._make_span(key, kind, attempt, started.at, end)
        else:
            yield self._make_span(key, _find_kind(next_event), attempt, started.at, next_event.at, next_event.detail)

    def _is_open(self, key: str, before: int) -> bool:
        """Return whether an attempt has no recorded end; then it is unknown since when the next one waited."""
        latest = next((event for event in reversed(self._events[:before]) if event.work == key), None)
        return latest is not None and latest.type is EventType.WORK_STARTED

    def _make_span(
        self, key: str, kind: SpanKind, attempt: int, start: datetime, end: datetime, detail: str = ""
    ) -> Span:
        known = layout.kind_of(key)
        agent = _AGENTS.get(known, "") if known else ""
        return Span(agent, describe_work(key), attempt, kind, start, max(start, end), detail)

    def _count_attempts(self, key: str) -> int:
        return max((event.attempt for event in self._events if event.work == key), default=0)

    def _find_release(self, key: str, before: int | None = None) -> datetime:
        """Return when the message that asks for a piece of work was sent or resent."""
        earlier = self._events[:before]
        releasing = [event for event in earlier if event.work == key or self._releases(event, key)]
        latest = releasing or earlier or self._events
        return latest[-1].at if latest else self._project.created_at

    def _releases(self, event: TimelineEvent, key: str) -> bool:
        if event.type is EventType.RETRY_REQUESTED:
            return True
        match layout.kind_of(key):
            case layout.ItemKind.PLAN:
                return event.type in _ASKED
            case layout.ItemKind.TASK:
                return event.type is EventType.WORK_DONE and event.work in self._find_needed(key)
            case layout.ItemKind.TEST:
                return event.type is EventType.WORK_DONE and event.work.startswith(layout.tasks(_parse_revision(key)))
            case layout.ItemKind.DEPLOYMENT:
                tested = event.type is EventType.WORK_DONE and event.work == layout.test(_parse_revision(key))
                return tested or event.type is EventType.DEPLOYMENT_REQUESTED
            case _:
                return False

    def _find_needed(self, key: str) -> set[str]:
        """Return the work that must be done before a task can start."""
        build, _, number = _parse_revision(key).partition(".")
        if number not in ("", "0"):
            return {layout.test(f"{build}.{int(number) - 1}")}
        needed, task_id = {layout.plan(int(build))}, layout.task_of(key)
        current = self._plan if self._plan and build == str(self._project.revision.build) else None
        for task in current.tasks if current else ():
            if task.id == task_id:
                needed |= {layout.task(_parse_revision(key), dependency) for dependency in task.depends_on}
        return needed

    def _list_expected(self) -> Iterator[str]:
        """Return the work that waits for an agent now."""
        for key in self._list_next():
            latest = next((event for event in reversed(self._events) if event.work == key), None)
            if latest is None or latest.type not in (EventType.WORK_STARTED, EventType.WORK_DONE):
                yield key

    def _list_next(self) -> Iterator[str]:
        """Return the work that the project's status leaves to do, including what is running."""
        revision = self._project.revision
        match self._project.status:
            case ProjectStatus.CREATED | ProjectStatus.PLANNING:
                yield layout.plan(revision.build)
            case ProjectStatus.TESTING:
                yield layout.test(revision)
            case ProjectStatus.DEPLOYING:
                yield layout.deployment(revision)
            case ProjectStatus.DEVELOPING | ProjectStatus.WAITING_FOR_QUOTA if revision.round:
                yield layout.task(revision, REPAIR)
            case ProjectStatus.DEVELOPING | ProjectStatus.WAITING_FOR_QUOTA:
                yield from self._list_ready(revision)

    def _list_ready(self, revision: Revision) -> Iterator[str]:
        done = {event.work for event in self._events if event.type is EventType.WORK_DONE}
        if layout.plan(revision.build) not in done:
            yield layout.plan(revision.build)
        elif self._plan:
            ids = frozenset(task.id for task in self._plan.tasks if layout.task(revision, task.id) in done)
            yield from (layout.task(revision, task_id) for task_id in self._plan.list_ready(ids))


def _parse_revision(key: str) -> str:
    """Return the revision in a key; for a plan's key, the build."""
    return key.split("#", 2)[1]


def _find_kind(following: TimelineEvent) -> SpanKind:
    """Return the kind of an attempt, from the next event of its work."""
    if following.type is EventType.WORK_DONE:
        return SpanKind.WORKING
    if following.type is EventType.WORK_FAILED:
        return SpanKind.FAILED if following.status in FINAL else SpanKind.INTERRUPTED
    return SpanKind.LOST
