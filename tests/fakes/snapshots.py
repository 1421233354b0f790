"""Snapshots of idle stacks after a run over fakes, with and without alterations."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from agenticai.client.queues.model import Depth
from agenticai.scenarios.invariants import find_violations
from agenticai.scenarios.invariants.reading import sort_items
from agenticai.scenarios.invariants.rules import INVARIANTS
from agenticai.scenarios.invariants.snapshot import BucketKey, Items, StackSnapshot, StoredProject
from tests.fakes import replies
from tests.fakes.analysis import parses
from tests.fakes.factory import Factory

VANISHED, TWICE, DISAGREE, QUEUES, MOVES, DENIED = INVARIANTS
AGENTS = ("pm", "dev", "qa", "ops")

Alter = Callable[[Items], Items]


@cache
def completed() -> StoredProject:
    """Return the stored data of a project that was completed without faults."""
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    factory.run()
    return stored(factory, project.id)


def stored(factory: Factory, project_id: str, *, deleted: bool = False) -> StoredProject:
    """Return a factory's project as it would be read from AWS."""
    plain = [
        {"PK": key.pk, "SK": key.sk, **item}
        for key, item in factory.table.items.items()
        if key.pk == f"PROJECT#{project_id}"
    ]
    items = sort_items(sorted(plain, key=lambda item: str(item["SK"])))
    objects = (in_bucket(key, content) for key, content in factory.objects.contents.items())
    return StoredProject(project_id, deleted, items, tuple(objects))


def in_bucket(key: str, content: bytes) -> BucketKey:
    """Return a key with one version."""
    return BucketKey(key, len(content), hashlib.sha256(content).hexdigest())


def snapshot(*projects: StoredProject, **more: Any) -> StackSnapshot:
    """Return the snapshot of an idle stack with these projects."""
    return StackSnapshot(
        **{
            "projects": projects,
            "queues": dict.fromkeys(AGENTS, Depth()),
            "dead_letters": dict.fromkeys(AGENTS, ()),
            **more,
        }
    )


def altered(alter: Alter) -> StoredProject:
    """Return the completed project with altered items."""
    return replace(completed(), items=alter(completed().items))


def metadata(**changes: Any) -> Alter:
    """Return an alteration of attributes of `METADATA`."""

    def alter(items: Items) -> Items:
        assert items.metadata is not None
        return replace(items, metadata=items.metadata.model_copy(update=changes))

    return alter


def found(given: StackSnapshot) -> list[tuple[str, str]]:
    """Return the violations' names and evidence."""
    return [(violation.invariant, violation.evidence) for violation in find_violations(given)]


def only(given: StackSnapshot) -> tuple[str, str]:
    """Return the only violation."""
    (one,) = found(given)
    return one


def stuck() -> StoredProject:
    """Return a project whose library is being written, and whose message is lost."""
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    (message,) = factory.sent.take()
    factory.deliver(message)
    return stored(factory, project.id)


def metadata_of(project: StoredProject, **changes: Any) -> Items:
    """Return the items of a project with other attributes of `METADATA`."""
    return metadata(**changes)(project.items)
