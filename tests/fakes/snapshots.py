"""Stacks at rest, as a run over fakes leaves them, and the same with something in them altered."""

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
    """What a project leaves that was completed without any fault."""
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    factory.run()
    return stored(factory, project.id)


def stored(factory: Factory, project_id: str, *, deleted: bool = False) -> StoredProject:
    """A project of a factory as it would be read from AWS."""
    plain = [
        {"PK": key.pk, "SK": key.sk, **item}
        for key, item in factory.table.items.items()
        if key.pk == f"PROJECT#{project_id}"
    ]
    items = sort_items(sorted(plain, key=lambda item: str(item["SK"])))
    objects = (in_bucket(key, content) for key, content in factory.objects.contents.items())
    return StoredProject(project_id, deleted, items, tuple(objects))


def in_bucket(key: str, content: bytes) -> BucketKey:
    """A key with one version."""
    return BucketKey(key, len(content), hashlib.sha256(content).hexdigest())


def snapshot(*projects: StoredProject, **more: Any) -> StackSnapshot:
    """A stack at rest with these projects."""
    return StackSnapshot(
        **{
            "projects": projects,
            "queues": dict.fromkeys(AGENTS, Depth()),
            "dead_letters": dict.fromkeys(AGENTS, ()),
            **more,
        }
    )


def altered(alter: Alter) -> StoredProject:
    """The completed project with other items."""
    return replace(completed(), items=alter(completed().items))


def metadata(**changes: Any) -> Alter:
    """Other attributes of `METADATA`."""

    def alter(items: Items) -> Items:
        assert items.metadata is not None
        return replace(items, metadata=items.metadata.model_copy(update=changes))

    return alter


def found(given: StackSnapshot) -> list[tuple[str, str]]:
    """The violations by name, with their evidence."""
    return [(violation.invariant, violation.evidence) for violation in find_violations(given)]


def only(given: StackSnapshot) -> tuple[str, str]:
    """The one violation."""
    (one,) = found(given)
    return one


def stuck() -> StoredProject:
    """A project whose library is being written, and whose message is nowhere."""
    factory = Factory(replies.good, parses)
    project = factory.post("A library that greets people by name, with tests.")
    (message,) = factory.sent.take()
    factory.deliver(message)
    return stored(factory, project.id)


def metadata_of(project: StoredProject, **changes: Any) -> Items:
    """The items of a project with other attributes of `METADATA`."""
    return metadata(**changes)(project.items)
