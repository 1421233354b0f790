"""Converts records to items of the table and back: keys, attributes, times, and the writes of single items."""

from datetime import datetime
from typing import Any, Final

from shared.models import layout
from shared.models.base import Model
from shared.models.events import TimelineEvent
from shared.models.messages import AnyMessage
from shared.models.project import Project, ProjectSummary
from shared.models.records import FileRecord, PlanRecord, Work
from shared.storage.table import INDEX_PARTITION, INDEX_SORT, Attributes, Index, Key, Put, Remove, Update

_COUNTERS: Final = {"calls": "model_calls", "prompt_tokens": "prompt_tokens", "output_tokens": "output_tokens"}
"""TokenUsage as top-level attributes, because DynamoDB's ADD does not support nested ones."""


def make_metadata_key(project_id: str) -> Key:
    """Return the key of the item that says that a project exists; every write to it is conditional on that."""
    return Key(layout.project(project_id), layout.METADATA)


def make_work_key(message: AnyMessage) -> Key:
    """Return the key of the work item for a message."""
    return Key(layout.project(message.project_id), message.work)


def format_time(at: datetime) -> str:
    """Return a time as items store it."""
    return at.isoformat().replace("+00:00", "Z")


def to_attributes(record: Model) -> Attributes:
    """Return a record as an item's attributes."""
    dumped: dict[str, Any] = record.model_dump(mode="json", by_alias=True)
    return dumped


def to_metadata(project: Project) -> Attributes:
    """Return a project as the attributes of its `METADATA` item."""
    stored = dict(to_attributes(project))
    tokens = stored.pop("tokens")
    counters = {attribute: tokens[name] for name, attribute in _COUNTERS.items()}
    return {**stored, **counters, INDEX_PARTITION[Index.ALL]: layout.Listing.PROJECTS, INDEX_SORT: project.id}


def count_up(tokens: dict[str, int]) -> dict[str, int]:
    """Return the increments of the changed counters in a `METADATA` item."""
    return {_COUNTERS[name]: count for name, count in tokens.items() if count}


def read_project(stored: Attributes) -> Project:
    """Return the project in a `METADATA` item."""
    return Project.model_validate(_select_fields(Project, stored))


def read_summary(stored: Attributes) -> ProjectSummary:
    """Return the project in a listing index's item."""
    return ProjectSummary.model_validate(_select_fields(ProjectSummary, stored))


def _select_fields(kind: type[Model], stored: Attributes) -> dict[str, Any]:
    """Return the fields of a model, with the counters if the model has them."""
    fields = {name: value for name, value in stored.items() if name in kind.model_fields}
    return {**fields, "tokens": {name: stored.get(attribute, 0) for name, attribute in _COUNTERS.items()}}


def read_work(stored: Attributes) -> Work:
    """Return the part of an item that all kinds of work have in common."""
    return Work.model_validate({name: value for name, value in stored.items() if name in Work.model_fields})


def put_event(project_id: str, event: TimelineEvent) -> Put:
    """Return the write that adds an event to a project's timeline."""
    return Put(Key(layout.project(project_id), layout.event(event.id)), event.model_dump(mode="json"), absent=True)


def put_pending(message: AnyMessage, kind: type[Work] = Work, **fields: Any) -> Put:
    """Return the write that creates a pending work item, for the transaction that makes the work due."""
    record = kind(work=message.work, revision=message.revision, **fields)
    return Put(make_work_key(message), to_attributes(record), absent=True)


def put_file(project_id: str, record: FileRecord) -> Put:
    """Return the write of a file's item, which replaces the one of an earlier revision."""
    return Put(Key(layout.project(project_id), layout.file(record.path)), to_attributes(record))


def remove_file(project_id: str, path: str) -> Remove:
    """Return the write that removes a file from a project; its objects stay with earlier revisions."""
    return Remove(Key(layout.project(project_id), layout.file(path)))


def count_task_done(project_id: str, plan: PlanRecord, task_id: str) -> Update:
    """Return the write that counts a task as done (the fan-in), unless progress changed since `plan` was read."""
    return Update(
        Key(layout.project(project_id), plan.work),
        set={"done": sorted({*plan.done, task_id})},
        add={"progress": 1},
        among={"progress": [plan.progress]},
    )
