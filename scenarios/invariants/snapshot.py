"""A stack at rest, read once: projects with their items and objects, queues, and dead letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agenticai.client.queues.model import Depth
from shared.models.base import TolerantModel
from shared.models.events import TimelineEvent
from shared.models.project import Failure, Revision, StoredObject, TokenUsage
from shared.models.records import DeploymentRecord, FileRecord, PlanRecord, TaskRecord, TestRecord, Work
from shared.models.workflow import ProjectStatus


class Metadata(TolerantModel):
    """The `METADATA` item of a project, as far as an invariant looks at it."""

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
        """The three counters together."""
        return TokenUsage(calls=self.model_calls, prompt_tokens=self.prompt_tokens, output_tokens=self.output_tokens)


@dataclass(frozen=True)
class Named:
    """An object as an item names it; `item` is the item's sort key."""

    item: str
    object: StoredObject


@dataclass(frozen=True)
class Unreadable:
    """An item that is not what its sort key says."""

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
        """All that is worked on under the worker contract."""
        return (*self.plans, *self.tasks, *self.tests, *self.deployments)


@dataclass(frozen=True)
class BucketKey:
    """A key of the bucket: the size in bytes of its current content, None behind a delete marker, and its versions.

    `sha256` is that of the current content; it is None where no item names the key, so that nobody looks at it.
    """

    key: str
    size: int | None
    sha256: str | None = None
    versions: int = 1
    delete_markers: int = 0


@dataclass(frozen=True)
class StoredProject:
    """All that is stored of one project; `deleted` says that its owner deleted it."""

    id: str
    deleted: bool
    items: Items
    objects: tuple[BucketKey, ...]


@dataclass(frozen=True)
class Denied:
    """An action on a resource that was denied to a function, and why."""

    function: str
    action: str
    resource: str
    reason: str


@dataclass(frozen=True)
class Before:
    """What a stack was before a scenario: the id of its newest project, "" if it had none, and what was denied."""

    newest_project: str
    denied: Mapping[Denied, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StackSnapshot:
    """A stack at rest. The mappings of queues are by agent: pm, dev, qa, ops; of dead letters they hold the bodies.

    `unasked` are the ids of projects that no request was answered with, and `denied` says how often functions were
    denied what.
    """

    projects: tuple[StoredProject, ...]
    queues: Mapping[str, Depth] = field(default_factory=dict)
    dead_letters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unasked: tuple[str, ...] = ()
    denied: Mapping[Denied, int] = field(default_factory=dict)

    def is_dead_letter(self, project: StoredProject) -> bool:
        """Return whether a dead-letter queue holds a message that names the project."""
        return any(project.id in body for bodies in self.dead_letters.values() for body in bodies)
