"""A snapshot of a stack at rest: projects with their items and objects, queues, and dead letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agenticai.client.queues.model import Depth
from shared.models.base import TolerantModel
from shared.models.events import TimelineEvent
from shared.models.project import Failure, Revision, StoredObject, TokenUsage
from shared.models.records import DeploymentRecord, FileRecord, PlanRecord, TaskRecord, TestRecord, Work
from shared.models.workflow import ProjectStatus


class Metadata(TolerantModel):
    """The fields of a project's `METADATA` item that invariants check."""

    status: ProjectStatus
    revision: Revision
    score: float | None = None
    failure: Failure | None = None
    package: StoredObject | None = None
    model_calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> TokenUsage:
        """The three counters as one value."""
        return TokenUsage(calls=self.model_calls, prompt_tokens=self.prompt_tokens, output_tokens=self.output_tokens)


@dataclass(frozen=True)
class Named:
    """An object that an item names; `item` is the item's sort key."""

    item: str
    object: StoredObject


@dataclass(frozen=True)
class Unreadable:
    """An item that does not have the form that its sort key requires."""

    item: str
    reason: str


@dataclass(frozen=True)
class Items:
    """The items of one project; `events` are in the timeline's order."""

    sort_keys: tuple[str, ...] = ()
    metadata: Metadata | None = None
    plans: tuple[PlanRecord, ...] = ()
    tasks: tuple[TaskRecord, ...] = ()
    tests: tuple[TestRecord, ...] = ()
    deployments: tuple[DeploymentRecord, ...] = ()
    files: tuple[FileRecord, ...] = ()
    events: tuple[TimelineEvent, ...] = ()
    named: tuple[Named, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def works(self) -> tuple[Work, ...]:
        """All items of work under the worker contract."""
        return (*self.plans, *self.tasks, *self.tests, *self.deployments)


@dataclass(frozen=True)
class BucketKey:
    """A key of the bucket: the size in bytes of its current content, None behind a delete marker, and its versions.

    `sha256` is that of the current content; it is None if no item names the key, as its content is not read then.
    """

    key: str
    size: int | None
    sha256: str | None = None
    versions: int = 1
    delete_markers: int = 0


@dataclass(frozen=True)
class StoredProject:
    """Everything that is stored of one project; `deleted` is true if its owner deleted it."""

    id: str
    deleted: bool
    items: Items
    objects: tuple[BucketKey, ...]


@dataclass(frozen=True)
class Denied:
    """An action on a resource that was denied to a function, with the reason."""

    function: str
    action: str
    resource: str
    reason: str


@dataclass(frozen=True)
class StateBefore:
    """The state before a scenario: the id of the newest project, "" if there was none, and the denials."""

    newest_project: str
    denied: Mapping[Denied, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StackSnapshot:
    """A stack at rest. The mappings of queues are by agent: pm, dev, qa, ops; those of dead letters hold the bodies.

    `unasked` are the ids of projects that were not requested, and `denied` counts the denials of functions.
    """

    projects: tuple[StoredProject, ...]
    queues: Mapping[str, Depth] = field(default_factory=dict)
    dead_letters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unasked: tuple[str, ...] = ()
    denied: Mapping[Denied, int] = field(default_factory=dict)

    def is_dead_letter(self, project: StoredProject) -> bool:
        """Return whether a dead-letter queue holds a message that names the project."""
        return any(project.id in body for bodies in self.dead_letters.values() for body in bodies)
