"""The worker contract under crashes: a crash at any call does not change the final state."""

import json
from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, cast

import pytest

from shared.language_model.port import Prompt
from shared.models.errors import Retryable
from shared.models.messages import AnyMessage
from shared.models.workflow import ProjectStatus
from shared.storage.objects import describe
from shared.worker import WorkOutcome
from tests.fakes import replies
from tests.fakes.analysis import parses
from tests.fakes.factory import Factory
from tests.fakes.model import Answer
from tests.fakes.turns import Turns

REQUIREMENTS = "A library that greets people by name, with tests."
BROKEN = "def greet(name: str) -> str:\n    retur name\n"
OF_ATTEMPTS = {"attempts", "started_at", "finished_at", "updated_at", "created_at", "version", "outbox"}


class Killed(BaseException):
    """The function's process was killed; no code may catch this."""


def script() -> Callable[[Prompt], Answer]:
    """Return a script with a library that does not parse, then its repair, so that every kind of work occurs."""

    def answer(prompt: Prompt) -> Answer:
        if prompt.schema is None and "# What the checks found" not in prompt.text:
            paths = replies.asked_for(prompt)
            return replies.envelopes(prompt, {path: {**replies.CONTENTS, "greet.py": BROKEN}[path] for path in paths})
        return replies.good(prompt)

    return answer


class Trap:
    """Counts the calls to all ports while a message is handled, and acts before or after the n-th."""

    def __init__(self, position: int, act: Callable[[], None]) -> None:
        self.calls = 0
        self.sprung = False
        self._position = position
        self._act = act

    def step(self) -> None:
        self.calls += 1
        if self.calls == self._position:
            self.sprung = True
            self._act()


def watch(factory: Factory, step: Callable[[], None]) -> None:
    """Make `step` be called before and after each call to a port."""

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*arguments: Any, **named: Any) -> Any:
            step()
            result = call(*arguments, **named)
            step()
            return result

        return stepping

    for port, names in (
        (factory.table, ("get", "query", "write")),
        (factory.objects, ("get", "put", "put_first")),
        (factory.sent, ("send",)),
        (factory.model, ("generate",)),
    ):
        for name in names:
            setattr(port, name, watched(getattr(port, name)))


def run(factory: Factory) -> None:
    """Deliver every message until none is left; deliver again if the worker was killed."""
    waiting: deque[AnyMessage] = deque(factory.sent.take())
    while waiting:
        message = waiting.popleft()
        try:
            factory.deliver(message)
        except Killed:
            waiting.append(message)
        waiting.extend(factory.sent.take())


def outcome(factory: Factory, project_id: str) -> dict[str, Any]:
    """Return the final state without traces of attempts: times, counts of attempts, and the timeline.

    If two tasks can run at once, either may end last, and then emits the next message; the set of all messages is the
    same.
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
    """Return the final state of a run without crashes, and the number of its steps."""
    factory, trap = Factory(script(), parses), Trap(0, lambda: None)
    project = factory.post(REQUIREMENTS)
    watch(factory, trap.step)
    run(factory)
    steps = trap.calls
    assert factory.project(project.id).status is ProjectStatus.COMPLETED
    return outcome(factory, project.id), steps


CLEAN, STEPS = clean()


def check_invariants(factory: Factory, project_id: str) -> None:
    """Check that each object named by an item exists with that digest, and that nothing is done twice."""
    named = [value for item in factory.table.items.values() for value in _objects_in(json.loads(json.dumps(item)))]
    assert named
    for stored in named:
        assert describe(stored["key"], factory.objects.contents[stored["key"]]).sha256 == stored["sha256"]
    done = [e.work for e in factory.projects.list_events(project_id) if e.type.value == "work done"]
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
    watch(factory, trap.step)
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
    watch(factory, trap.step)
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


@pytest.mark.parametrize("deadly", [0.0, 0.05], ids=["all live", "some are killed"])
@pytest.mark.parametrize("seed", range(20))
def test_deliveries_side_by_side_change_nothing(seed: int, deadly: float) -> None:
    random = Random(seed)
    factory, turns = Factory(script(), parses), Turns(random)
    project = factory.post(REQUIREMENTS)

    def step() -> None:
        if turns.step() and random.random() < deadly:
            raise Killed

    watch(factory, step)
    waiting: list[AnyMessage] = factory.sent.take()
    while waiting:
        random.shuffle(waiting)
        together = [message for message in waiting[:2] for _ in range(random.choice([1, 2, 3]))]
        endings = turns.run([partial(factory.deliver, message) for message in together])
        assert {type(ending) for ending in endings} <= {WorkOutcome, Killed, Retryable}
        again = [m for m, ending in zip(together, endings, strict=True) if not isinstance(ending, WorkOutcome)]
        waiting = list({message.id: message for message in (*waiting[2:], *again, *factory.sent.take())}.values())

    assert outcome(factory, project.id) == CLEAN
    check_invariants(factory, project.id)
