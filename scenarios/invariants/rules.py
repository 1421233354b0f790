"""The six invariants, each a function from a snapshot to its violations, with the evidence."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.invariants.once import find_repeated
from agenticai.scenarios.invariants.reading import read_snapshot
from agenticai.scenarios.invariants.snapshot import BucketKey, StackSnapshot, StateBefore, StoredProject
from shared.models import layout
from shared.models.events import EventType
from shared.models.layout import ItemKind
from shared.models.records import Work, WorkState
from shared.models.workflow import FINAL, LEGAL_MOVES, TAKEN_BACK, ProjectStatus


@dataclass(frozen=True)
class Violation:
    """A broken invariant: which one, what it is about, and the evidence."""

    invariant: str
    subject: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject}: {self.evidence}"


Finding = tuple[str, str]
"""The subject and the evidence of a violation."""

Invariant = Callable[[StackSnapshot], Iterator[Finding]]


def check_stack(
    bench: Bench, project_ids: Sequence[str], *, deleted: Collection[str] = (), before: StateBefore | None = None
) -> tuple[Violation, ...]:
    """Check the invariants on a stack at rest, for the projects that a scenario created.

    `deleted` and `before` are those of `agenticai.scenarios.invariants.reading.read_snapshot`.
    Raises botocore's errors.
    """
    return find_violations(read_snapshot(bench, project_ids, deleted=deleted, before=before))


def find_violations(snapshot: StackSnapshot) -> tuple[Violation, ...]:
    """Return the violations in a snapshot, by invariant."""
    return tuple(
        Violation(name, subject, evidence)
        for name, invariant in INVARIANTS.items()
        for subject, evidence in invariant(snapshot)
    )


def nothing_vanishes(snapshot: StackSnapshot) -> Iterator[Finding]:
    """Find projects that have no final status, are named by no dead letter, and were not deleted by their owner."""
    for project in snapshot.projects:
        reason = None if project.deleted or snapshot.is_dead_letter(project) else _find_lost(snapshot, project)
        if reason:
            yield project.id, reason


def _find_lost(snapshot: StackSnapshot, project: StoredProject) -> str | None:
    """Return why a project that no dead letter names is lost; None if it is not."""
    metadata = project.items.metadata
    if metadata is None:
        return f"it was accepted and has no METADATA item; what is left of it: {_join(project.items.sort_keys)}"
    if metadata.status is ProjectStatus.FAILED and not (metadata.failure and metadata.failure.reason):
        return "it is FAILED without a reason"
    if metadata.status in FINAL:
        return None
    if metadata.status is ProjectStatus.WAITING_FOR_QUOTA and any(queue.total for queue in snapshot.queues.values()):
        return None  # a parked message is there, and will be handled when the quota resets
    unfinished = [f"{work.work} {work.state}" for work in project.items.works if work.state is not WorkState.DONE]
    return f"it is {metadata.status}, no queue has a message and no dead letter names it; open: {_join(unfinished)}"


def nothing_happens_twice(snapshot: StackSnapshot) -> Iterator[Finding]:
    """Find repeats: of a project for one request, an item for one path, a deployment, or work; and wrong counters."""
    for project_id in snapshot.unasked:
        yield project_id, "no request was answered with it: one request made several projects"
    for project in snapshot.projects:
        yield from ((project.id, evidence) for evidence in find_repeated(project))


def table_and_bucket_agree(snapshot: StackSnapshot) -> Iterator[Finding]:
    """Find objects that differ from their items, that no item names, or that a deleted project left."""
    for project in snapshot.projects:
        faults = _find_left_over(project) if project.deleted else (*_find_misnamed(project), *_find_orphaned(project))
        yield from ((project.id, evidence) for evidence in faults)


def _find_left_over(project: StoredProject) -> Iterator[str]:
    if project.items.sort_keys:
        yield f"it was deleted, and these items are left: {_join(project.items.sort_keys)}"
    for stored in project.objects:
        left = f"{stored.versions} versions and {stored.delete_markers} delete markers"
        yield f"it was deleted, and {left} of {stored.key} are left"


def _find_misnamed(project: StoredProject) -> Iterator[str]:
    for item in project.items.unreadable:
        yield f"{item.item} cannot be read: {item.reason}"
    objects = {stored.key: stored for stored in project.objects}
    for named in project.items.named:
        stored = objects.get(named.object.key)
        if stored is None or stored.size is None:
            yield f"{named.item} names {named.object.key}, which is not in the bucket"
        elif (stored.size, stored.sha256) != (named.object.size, named.object.sha256):
            yield (
                f"{named.item} names {named.object.key} with {named.object.size} bytes, SHA-256 {named.object.sha256};"
                f" the bucket has {stored.size} bytes, SHA-256 {stored.sha256}"
            )


def _find_orphaned(project: StoredProject) -> Iterator[str]:
    """Yield objects that no item names. Replies of the model and results of package runs are found by derived keys.

    Unfinished work may have written objects that are not named yet: a redelivery, or a retry, writes them again.
    """
    named_keys = {named.object.key for named in project.items.named}
    owned = [_find_reply_prefix(project, plan) for plan in project.items.plans]
    owned += [layout.proofs(project.id, deployment.revision) for deployment in project.items.deployments]
    owned += [_find_prefix(project, work) for work in project.items.works if work.state is not WorkState.DONE]
    for stored in project.objects:
        if stored.key not in named_keys and not stored.key.startswith(tuple(owned)):
            yield f"{_describe_object(stored)} is named by no item"


def _find_reply_prefix(project: StoredProject, plan: Work) -> str:
    """Return the prefix of the model's replies to all questions of a build."""
    return layout.reply_object(project.id, plan.revision.build)


def _find_prefix(project: StoredProject, work: Work) -> str:
    """Return the prefix of the objects that a piece of work writes, except for replies."""
    match layout.kind_of(work.work):
        case ItemKind.PLAN:
            return layout.plan_object(project.id, work.revision.build)
        case ItemKind.TASK:
            return layout.code_object(project.id, work.revision)
        case ItemKind.TEST:
            return layout.report_object(project.id, work.revision)
        case _:
            return layout.deployment_object(project.id, work.revision)


def _describe_object(stored: BucketKey) -> str:
    return f"the delete marker of {stored.key}" if stored.size is None else f"{stored.key} ({stored.size} bytes)"


def queues_are_empty(snapshot: StackSnapshot) -> Iterator[Finding]:
    """Find messages that are waiting or in flight; only a project that waits for the quota may have a parked one."""
    statuses = [project.items.metadata.status for project in snapshot.projects if project.items.metadata]
    waits_for_quota = ProjectStatus.WAITING_FOR_QUOTA in statuses
    for agent, queue in snapshot.queues.items():
        parked = queue.visible + queue.delayed if waits_for_quota else 0
        if queue.total > parked:
            yield (
                f"the {agent} queue",
                f"{queue.visible} messages are visible, {queue.in_flight} in flight, {queue.delayed} delayed",
            )


def timeline_makes_legal_moves(snapshot: StackSnapshot) -> Iterator[Finding]:
    """Find events that move a project in a way that the tables of moves do not allow."""
    for project in snapshot.projects:
        events = project.items.events
        if events and events[0].status is not ProjectStatus.CREATED:
            yield project.id, f"its timeline begins with {events[0].status}"
        for before, after in pairwise(events):
            if after.status is not before.status and after.status not in _list_moves(before.status, after.type):
                yield (
                    project.id,
                    f"from {before.status} ({before.type}, {before.work}, attempt {before.attempt}, {before.at}) to"
                    f" {after.status} ({after.type}, {after.work}, attempt {after.attempt}, {after.at})",
                )
        metadata = project.items.metadata
        if events and metadata and metadata.status in FINAL and events[-1].status is not metadata.status:
            yield project.id, f"its timeline ends with {events[-1].status}, and it is {metadata.status}"


def functions_do_what_they_may(snapshot: StackSnapshot) -> Iterator[Finding]:
    """Find the actions that functions were denied by their roles or by resource policies."""
    for denied, times in snapshot.denied.items():
        frequency = "" if times == 1 else f"{times} times "
        yield denied.function, f"denied {frequency}{denied.action} on {denied.resource}: {denied.reason}"


def _list_moves(status: ProjectStatus, kind: EventType) -> frozenset[ProjectStatus]:
    """Return the statuses to which an event of this type may move a project: failed work may undo its change."""
    taken_back = TAKEN_BACK.get(status, frozenset()) if kind is EventType.WORK_FAILED else frozenset()
    return LEGAL_MOVES[status] | taken_back


def _join(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


INVARIANTS: Final[dict[str, Invariant]] = {
    "nothing vanishes": nothing_vanishes,
    "nothing happens twice": nothing_happens_twice,
    "DynamoDB and S3 agree": table_and_bucket_agree,
    "all queues are empty": queues_are_empty,
    "the timeline only makes legal moves": timeline_makes_legal_moves,
    "functions do only what their roles allow": functions_do_what_they_may,
}
"""The invariants by the names in violations."""
