"""The layout of stored data: the only place that spells the keys of the table's items and of the bucket's objects.

A project's items are one partition of the table, distinguished by the prefixes of their sort keys (`ItemKind`). Its
objects are below its id in each of the bucket's `FOLDERS`.
"""

import hashlib
from enum import StrEnum
from functools import partial
from typing import Final

from shared.models.project import Revision

METADATA: Final = "METADATA"
"""The sort key of the item that says that a project, or a template, exists."""

FOLDERS: Final = ("projects", "plans", "test_results", "deployments")
"""The top-level folders of the bucket; the template's policies name them too."""

_CODE, _PLANS, _TESTS, _DEPLOYMENTS = FOLDERS


class Listing(StrEnum):
    """The partitions of the listing index that holds everything."""

    PROJECTS = "PROJECT"
    TEMPLATES = "TEMPLATE"


class ItemKind(StrEnum):
    """The kind of a project's item; the value is the prefix of its sort key."""

    PLAN = "PLAN#"
    TASK = "TASK#"
    TEST = "TEST#"
    DEPLOYMENT = "DEPLOY#"
    CHANGE = "MOD#"
    FILE = "FILE#"
    EVENT = "EVENT#"
    ARCHIVE = "ARCHIVE#"
    REQUEST = "REQUEST#"

    def key(self, name: Revision | str | int) -> str:
        """Return the sort key of the item of this kind and name."""
        return f"{self}{name}"


WORK: Final = (ItemKind.DEPLOYMENT, ItemKind.PLAN, ItemKind.TASK, ItemKind.TEST)
"""The kinds of items that agents work on, under the worker contract."""


def project(project_id: str) -> str:
    """Return the partition key of all of a project's items."""
    return f"PROJECT#{project_id}"


def template(template_id: str) -> str:
    """Return the partition key of a template."""
    return f"TEMPLATE#{template_id}"


def tasks(revision: Revision | str | int) -> str:
    """Return the prefix of the sort keys of a revision's tasks."""
    return f"{ItemKind.TASK}{revision}#"


def task(revision: Revision | str | int, task_id: str) -> str:
    """Return the sort key of a task."""
    return f"{tasks(revision)}{task_id}"


plan: Final = ItemKind.PLAN.key
"""Return the sort key of a build's plan."""

test: Final = ItemKind.TEST.key
"""Return the sort key of a revision's test."""

deployment: Final = ItemKind.DEPLOYMENT.key
"""Return the sort key of a revision's deployment."""

change: Final = ItemKind.CHANGE.key
"""Return the sort key of a build's change."""

file: Final = ItemKind.FILE.key
"""Return the sort key of a file by its path."""

event: Final = ItemKind.EVENT.key
"""Return the sort key of a timeline event by its id."""

archive: Final = ItemKind.ARCHIVE.key
"""Return the sort key of an archive by its files' digest."""

request: Final = ItemKind.REQUEST.key
"""Return the key of a stored request by its digest: a partition key if it creates a project, else a sort key."""


def kind_of(sort_key: str) -> ItemKind | None:
    """Return the kind of a project's item; None for its METADATA and for unknown keys."""
    return next((kind for kind in ItemKind if sort_key.startswith(kind)), None)


def task_of(sort_key: str) -> str | None:
    """Return the id of the task in a sort key; None if it is not a task's."""
    return sort_key.split("#", 2)[2] if kind_of(sort_key) is ItemKind.TASK else None


def objects(project_id: str) -> tuple[str, ...]:
    """Return the key prefixes of all of a project's objects."""
    return tuple(f"{folder}/{project_id}/" for folder in FOLDERS)


def _object(folder: str, project_id: str, revision: Revision | str | int, name: str = "") -> str:
    """Return the key of a revision's object; without a `name`, the prefix of all of them."""
    return f"{folder}/{project_id}/{revision}/{name}"


plan_object: Final = partial(_object, _PLANS)
"""Return the object key of a file in a build's plan, by its name."""

code_object: Final = partial(_object, _CODE)
"""Return the object key of a file's content in a revision, by its path."""

report_object: Final = partial(_object, _TESTS)
"""Return the object key of a file in a revision's test, by its name."""

deployment_object: Final = partial(_object, _DEPLOYMENTS)
"""Return the object key of a file in a revision's deployment, by its name."""


def reply_object(project_id: str, build: int, retries: int | str = "", name: str = "") -> str:
    """Return the key of a model's reply in a build, after that many retries; without a `name`, the common prefix."""
    folder = f"{retries}/" if retries != "" else ""
    return plan_object(project_id, build, f"replies/{folder}{name}")


def proofs(project_id: str, revision: Revision | str | int) -> str:
    """Return the key prefix of the trials of a revision's package."""
    return deployment_object(project_id, revision, "proofs/")


def proof_object(project_id: str, revision: Revision | str | int, request: str, retries: int) -> str:
    """Return the key of a package's trial for one request to deploy it, after that many retries."""
    digest = hashlib.sha256(request.encode()).hexdigest()[:16]
    return f"{proofs(project_id, revision)}{retries}-{digest}.json"


def archive_object(project_id: str, digest: str) -> str:
    """Return the key of the archive of the files with this digest."""
    return f"{_DEPLOYMENTS}/{project_id}/archives/{digest}.zip"
