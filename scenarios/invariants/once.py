"""Finds what happened twice in a project: repeated work, paths or replies, and wrong counters."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Final

from agenticai.scenarios.invariants.snapshot import StoredProject
from shared.models import layout
from shared.models.events import EventType, TimelineEvent
from shared.models.project import TokenUsage
from shared.models.records import Work, WorkState
from shared.models.workflow import ProjectStatus

REPLIES: Final = "/replies/"
"""Part of the key of every stored reply of the model."""


def find_repeated(project: StoredProject) -> Iterator[str]:
    """Yield what happened twice, or was counted wrongly; nothing for a deleted project."""
    if project.items.metadata is None:
        return
    yield from _check_work(project)
    yield from _check_plans(project)
    yield from _check_files(project)
    yield from _check_deployments(project)
    yield from _check_replies(project)
    yield from _check_totals(project)


def _check_work(project: StoredProject) -> Iterator[str]:
    """Check that each piece of work was done as often as requested, and that its item counts its attempts."""
    done = _group_by_work(project, EventType.WORK_DONE)
    started = _group_by_work(project, EventType.WORK_STARTED)
    for work in project.items.works:
        ends = done.pop(work.work, [])
        requested = 1 + _count_requests(project, work)
        if len(ends) > requested:
            yield f"{work.work} was done {len(ends)} times: {_describe_moments(ends)}"
        if work.state is WorkState.DONE and not ends:
            yield f"{work.work} is DONE, and no event says so"
        starts = started.get(work.work, [])
        if work.attempts != len(starts):
            yield (
                f"{work.work} counts {work.attempts} attempts; "
                f"its timeline has {len(starts)}: {_describe_moments(starts)}"
            )
    for name, ends in done.items():
        yield f"{name} was done, and there is no such item: {_describe_moments(ends)}"


def _group_by_work(project: StoredProject, kind: EventType) -> dict[str, list[TimelineEvent]]:
    events: dict[str, list[TimelineEvent]] = {}
    for event in project.items.events:
        if event.type is kind:
            events.setdefault(event.work, []).append(event)
    return events


def _count_requests(project: StoredProject, work: Work) -> int:
    """Return how often its owner requested to package a revision again; all other work is requested once."""
    text = f"revision {work.revision}" if layout.kind_of(work.work) is layout.ItemKind.DEPLOYMENT else None
    return sum(event.type is EventType.DEPLOYMENT_REQUESTED and event.detail == text for event in project.items.events)


def _describe_moments(events: list[TimelineEvent]) -> str:
    return ", ".join(f"attempt {event.attempt} at {event.at:%H:%M:%S.%f}" for event in events) or "none"


def _check_plans(project: StoredProject) -> Iterator[str]:
    """Check that the fan-in of each plan names the finished tasks of its build, each counted once."""
    for plan in project.items.plans:
        done = sorted(
            task.task_id
            for task in project.items.tasks
            if task.revision == plan.revision and task.state is WorkState.DONE
        )
        if sorted(plan.done) != done:
            yield f"{plan.work} counts {sorted(plan.done)} as done; the tasks that are done are {done}"
        if plan.progress != len(plan.done):
            yield f"{plan.work} has progress {plan.progress} with {len(plan.done)} tasks done"


def _check_files(project: StoredProject) -> Iterator[str]:
    """Check that there is one item per path, ignoring case, and that a finished task wrote what it names."""
    items = project.items
    paths = Counter(unicodedata.normalize("NFC", file.path).casefold() for file in items.files)
    for path, count in paths.items():
        if count > 1:
            yield f"{count} items are for the path {path}"
    written = {(file.path, file.object) for task in items.tasks if task.state is WorkState.DONE for file in task.files}
    for file in items.files:
        if (file.path, file.object) not in written:
            yield f"{layout.file(file.path)} names {file.object.key}, SHA-256 {file.object.sha256}, which no task wrote"


def _check_deployments(project: StoredProject) -> Iterator[str]:
    for revision, count in Counter(deployment.revision for deployment in project.items.deployments).items():
        if count > 1:
            yield f"revision {revision} has {count} deployments"


def _check_replies(project: StoredProject) -> Iterator[str]:
    for stored in project.objects:
        if REPLIES in stored.key and (stored.versions, stored.delete_markers) != (1, 0):
            yield f"the reply {stored.key} was stored {stored.versions} times"


def _check_totals(project: StoredProject) -> Iterator[str]:
    """Check the totals in `METADATA` against the items: tokens, and at the end the score and the package."""
    items, metadata = project.items, project.items.metadata
    if metadata is None:
        return
    spent = reduce(add, (event.tokens for event in items.events), TokenUsage())
    if spent != metadata.tokens:
        yield (
            f"{layout.METADATA} counts {_describe_tokens(metadata.tokens)}; "
            f"the timeline adds up to {_describe_tokens(spent)}"
        )
    if metadata.status not in {ProjectStatus.COMPLETED, ProjectStatus.NEEDS_REVIEW}:
        return
    scores = [test.score for test in items.tests if test.revision == metadata.revision]
    if scores != [metadata.score]:
        test_scores = f"the tests of revision {metadata.revision} have {scores}"
        yield f"{layout.METADATA} has the score {metadata.score}; {test_scores}"
    packages = [deployment.package for deployment in items.deployments if deployment.revision == metadata.revision]
    if metadata.status is ProjectStatus.COMPLETED and packages != [metadata.package]:
        yield f"{layout.METADATA} has the package {metadata.package}; the deployments of its revision have {packages}"


def _describe_tokens(tokens: TokenUsage) -> str:
    return f"{tokens.calls} calls, {tokens.prompt_tokens} and {tokens.output_tokens} tokens"
