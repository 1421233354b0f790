"""The worker contract under crashes: whatever happens at whichever call, the end is the same as without."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import pytest

from shared.language_model.port import Prompt
from shared.models.messages import AnyMessage
from shared.models.workflow import ProjectStatus
from shared.storage.objects import describe
from tests.fakes import replies
from tests.fakes.analysis import parses
from tests.fakes.factory import Factory
from tests.fakes.model import Answer

REQUIREMENTS = "A library that greets people by name, with tests."
BROKEN = "def greet(name: str) -> str:\n    retur name\n"
OF_ATTEMPTS = {"attempts", "started_at", "finished_at", "updated_at", "created_at", "version", "outbox"}


class Killed(BaseException):
    """The function's process is gone; nothing of it may catch this."""


def script() -> Callable[[Prompt], Answer]:
    """First a library that does not parse, then its repair: every kind of work comes up."""

    def answer(prompt: Prompt) -> Answer:
        if prompt.schema is None and "# What the checks found" not in prompt.text:
            paths = replies.asked_for(prompt)
            return replies.envelopes(prompt, {path: {**replies.CONTENTS, "greet.py": BROKEN}[path] for path in paths})
        return replies.good(prompt)

    return answer


class Trap:
    """Counts the calls to all ports while a message is handled, and does something before or after the n-th."""

    def __init__(self, position: int, act: Callable[[], None]) -> None:
        self.calls = 0
        self.sprung = False
        self._position = position
        self._act = act

    def set_on(self, factory: Factory) -> None:
        for port, names in (
            (factory.table, ("get", "query", "write")),
            (factory.objects, ("get", "put", "put_first")),
            (factory.sent, ("send",)),
            (factory.model, ("generate",)),
        ):
            for name in names:
                setattr(port, name, self._trapped(getattr(port, name)))

    def _trapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def trapped(*arguments: Any, **named: Any) -> Any:
            self._step()
            result = call(*arguments, **named)
            self._step()
            return result

        return trapped

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self._position:
            self.sprung = True
            self._act()


def run(factory: Factory) -> None:
    """Deliver every message until none is left; one whose worker was killed is delivered again."""
    waiting: deque[AnyMessage] = deque(factory.sent.take())
    while waiting:
        message = waiting.popleft()
        try:
            factory.deliver(message)
        except Killed:
            waiting.append(message)
        waiting.extend(factory.sent.take())


def outcome(factory: Factory, project_id: str) -> dict[str, Any]:
    """The end state without what attempts leave behind: times, counts of attempts, and the timeline.

    Which of two tasks that can go at once ends last may differ, and with it which of them emits; all that is emitted
    may not.
    """
    works = [item for key, item in factory.table.items.items() if key.pk == f"PROJECT#{project_id}"]
    emitted = sorted(json.dumps(message) for item in works for message in cast("list[Any]", item.get("outbox", [])))
    items = {
        key.sk: {name: value for name, value in item.items() if name not in OF_ATTEMPTS}
        for key, item in factory.table.items.items()
        if key.pk == f"PROJECT#{project_id}" and not key.sk.startswith("EVENT#")
    }
    return {"items": items, "emitted": emitted, "objects": factory.objects.contents}


def clean() -> tuple[dict[str, Any], int]:
    """The end state of a run in which nothing happens, and how many steps it has."""
    factory, trap = Factory(script(), parses), Trap(0, lambda: None)
    project = factory.post(REQUIREMENTS)
    trap.set_on(factory)
    run(factory)
    steps = trap.calls
    assert factory.project(project.id).status is ProjectStatus.COMPLETED
    return outcome(factory, project.id), steps


CLEAN, STEPS = clean()


def check_invariants(factory: Factory, project_id: str) -> None:
    """Each object that an item names is there with that digest; nothing is done twice."""
    named = [value for item in factory.table.items.values() for value in _objects_in(json.loads(json.dumps(item)))]
    assert named
    for stored in named:
        assert describe(stored["key"], factory.objects.contents[stored["key"]]).sha256 == stored["sha256"]
    done = [e.work for e in factory.projects.events(project_id) if e.type.value == "work done"]
    assert len(done) == len(set(done))


def _objects_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if {"key", "sha256", "size"} <= value.keys() else []
        return own + [found for member in value.values() for found in _objects_in(member)]
    return [found for member in value for found in _objects_in(member)] if isinstance(value, list) else []


@pytest.mark.parametrize("position", range(1, STEPS + 1))
def test_a_worker_killed_at_any_call_changes_nothing(position: int) -> None:
    def kill() -> None:
        raise Killed

    factory, trap = Factory(script(), parses), Trap(position, kill)
    project = factory.post(REQUIREMENTS)
    trap.set_on(factory)
    run(factory)

    assert trap.sprung
    assert outcome(factory, project.id) == CLEAN
    check_invariants(factory, project.id)


@pytest.mark.parametrize("position", range(1, STEPS + 1))
def test_a_second_delivery_at_any_call_of_the_first_changes_nothing(position: int) -> None:
    factory = Factory(script(), parses)
    project = factory.post(REQUIREMENTS)
    current: list[AnyMessage] = []
    deliver = factory.deliver

    def noted(message: AnyMessage) -> Any:
        current.append(message)
        return deliver(message)

    def deliver_again() -> None:
        deliver(current[-1])

    trap = Trap(position, deliver_again)
    trap.set_on(factory)
    factory.deliver = noted  # type: ignore[method-assign]
    run(factory)

    assert trap.sprung
    assert outcome(factory, project.id) == CLEAN
    check_invariants(factory, project.id)


def test_each_message_delivered_twice_changes_nothing() -> None:
    factory = Factory(script(), parses)
    project = factory.post(REQUIREMENTS)
    waiting: deque[AnyMessage] = deque(factory.sent.take())
    seen: list[AnyMessage] = []
    while waiting:
        message = waiting.popleft()
        factory.deliver(message)
        waiting.extend(sent for sent in factory.sent.take() if sent not in seen)
        seen.append(message)
        factory.deliver(message)
        factory.sent.take()

    assert outcome(factory, project.id) == CLEAN
