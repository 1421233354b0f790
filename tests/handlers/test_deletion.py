"""A project deleted at any moment: the agents at work stop cleanly, and nothing of it is left."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.language_model.port import ModelQuotaSpent, ModelUnavailable, Prompt
from shared.models.errors import AgentError, Retryable
from shared.models.project import Project
from shared.worker import WorkOutcome
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer

REQUIREMENTS = "A library that greets people by name, with tests."
TABLE_CALLS = ("get", "query", "write")
OBJECTS_CALLS = ("put", "put_first", "get")


class Watched:
    """A factory that acts just before, or just after, one of its calls to the table or the bucket."""

    def __init__(self, script: Callable[[Prompt], Answer] = replies.good) -> None:
        self.factory = Factory(script)
        self.calls = 0
        self._due = 0
        self._after = False
        self._happening: Callable[[], None] | None = None
        for port, names in ((self.factory.table, TABLE_CALLS), (self.factory.objects, OBJECTS_CALLS)):
            for name in names:
                setattr(port, name, self._watch(getattr(port, name)))

    def at(self, call: int, happening: Callable[[], None], *, after: bool) -> None:
        self.calls, self._due, self._happening, self._after = 0, call, happening, after

    def _watch(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            self.calls += 1
            happening = self._happening if self.calls == self._due else None
            if happening and not self._after:
                self._happening = None
                happening()
            answer = method(*given, **named)
            if happening and self._after:
                self._happening = None
                happening()
            return answer

        return watched


def delete(factory: Factory, project: Project) -> None:
    """Delete a project as the API does."""
    factory.deletion.begin(project)
    assert factory.deletion.sweep(project.id, lambda: 29.0)


def drain(factory: Factory) -> list[WorkOutcome]:
    """Deliver until no message is left, and deliver again what was not acknowledged."""
    outcomes = []
    for _ in range(100):
        for message in factory.sent.take():
            try:
                outcomes.append(factory.deliver(message))
            except Retryable:
                factory.sent.send([message])
    assert factory.sent.messages == []
    return outcomes


def left(factory: Factory, project_id: str) -> list[str]:
    items = [f"{key.pk} {key.sk}" for key in factory.table.items if project_id in key.pk]
    return items + [key for key in factory.objects.contents if project_id in key]


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_deleted_at_any_call_of_any_agent_nothing_is_left(after: bool) -> None:
    whole = Watched()
    whole.factory.post(REQUIREMENTS)
    whole.at(0, lambda: None, after=False)
    whole.factory.run()
    assert whole.calls > 50
    deleted = 0
    for call in range(1, whole.calls + 1):
        watched = Watched()
        factory = watched.factory
        project = factory.post(REQUIREMENTS)
        watched.at(call, lambda factory=factory, project=project: delete(factory, project), after=after)  # type: ignore[misc]
        outcomes = drain(factory)
        assert left(factory, project.id) == [], f"deleted at call {call}"
        assert outcomes[-1] in {WorkOutcome.DELETED, WorkOutcome.ABANDONED} or (after and call == whole.calls)
        deleted += WorkOutcome.DELETED in outcomes
    assert deleted > whole.calls / 2


@pytest.mark.parametrize(
    "trouble", [ModelQuotaSpent("spent", after=60), ModelUnavailable("overloaded")], ids=["parked", "interrupted"]
)
def test_deleted_while_the_model_gives_trouble_the_message_does_not_come_back(trouble: AgentError) -> None:
    factory: Factory
    project: Project

    def script(prompt: Prompt) -> Answer:
        delete(factory, project)
        return trouble

    factory = Factory(script)
    project = factory.post(REQUIREMENTS)
    (message,) = factory.sent.take()
    assert factory.deliver(message) is WorkOutcome.DELETED
    assert factory.sent.messages == []
    assert left(factory, project.id) == []


def test_a_message_that_arrives_after_the_deletion_is_acknowledged() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    (message,) = factory.sent.take()
    delete(factory, project)
    assert factory.deliver(message) is WorkOutcome.DELETED
    assert left(factory, project.id) == []


def test_a_sweep_that_runs_out_of_time_is_done_by_the_next_delivery() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    (message,) = factory.sent.take()
    factory.deletion.begin(project)
    factory.seconds_left = 1.0
    with pytest.raises(Retryable, match="not all that it left"):
        factory.deliver(message)
    factory.seconds_left = 300.0
    assert factory.deliver(message) is WorkOutcome.DELETED
    assert left(factory, project.id) == []
