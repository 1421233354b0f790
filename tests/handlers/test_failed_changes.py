"""A failed change is rolled back: the project returns to its state before, and the change can be tried again."""

from itertools import pairwise

import pytest

from api_handler.problems import Problem
from shared.language_model.port import FinishReason, Prompt
from shared.models.events import EventType
from shared.models.messages import AnyMessage, TaskReady
from shared.models.project import Project, Revision
from shared.models.workflow import LEGAL_MOVES, TAKEN_BACK, ProjectStatus
from shared.reversal import OTHER_WRITES, Reversals
from shared.storage.objects import read_named
from shared.storage.table import MAX_WRITES, Conflict, Key
from shared.worker import WorkOutcome
from shared.works import Claimed
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer, said
from tests.handlers.test_changes import CHANGE, FRENCH, script

REQUIREMENTS = "A library that greets people by name, with tests."
THE_PLAN = "The software below exists"
A_TASK = "# Your task: French"


class Refusing:
    """A model that refuses prompts with a text while it is set."""

    def __init__(self, text: str) -> None:
        self.text: str | None = text

    def __call__(self, prompt: Prompt) -> Answer:
        if self.text and self.text in prompt.text:
            return said("", FinishReason.BLOCKED)
        return script(prompt)


def finished(refused: str) -> tuple[Factory, Refusing, Project]:
    """Return a factory whose model will refuse a part of the change, and a COMPLETED project."""
    model = Refusing(refused)
    factory = Factory(model)
    posted = factory.post(REQUIREMENTS)
    factory.run()
    return factory, model, factory.project(posted.id)


def ask(factory: Factory, project: Project) -> AnyMessage:
    (message,) = factory.requests.modify(project.id, CHANGE, "request-2").messages
    factory.sent.send([message])
    return message


def change(factory: Factory, project: Project) -> None:
    """Request the change and deliver all messages that follow."""
    ask(factory, project)
    factory.run()


def until_its_tasks_wait(factory: Factory, project: Project) -> tuple[TaskReady, TaskReady]:
    """Request the change and deliver its plan; return the task that modifies, and the one that deletes."""
    ask(factory, project)
    factory.deliver(*factory.sent.take())
    french, forget = sorted(factory.sent.take(), key=lambda message: message.work, reverse=True)
    assert isinstance(french, TaskReady)
    assert isinstance(forget, TaskReady)
    return french, forget


def texts(factory: Factory, project: Project) -> dict[str, str]:
    files = factory.projects.list_files(project.id)
    return {file.path: read_named(factory.objects, file.object).decode() for file in files}


def item(factory: Factory, sort_key: str) -> tuple[Key, dict[str, object]]:
    return next((key, item) for key, item in factory.table.items.items() if key.sk == sort_key)


@pytest.mark.parametrize("refused", [THE_PLAN, A_TASK])
def test_a_change_that_fails_leaves_the_project_as_it_was_and_says_why(refused: str) -> None:
    factory, _, before = finished(refused)
    ask(factory, before)

    assert WorkOutcome.FAILED in {outcome for _, outcome in factory.run()}

    after = factory.project(before.id)
    assert texts(factory, after) == replies.CONTENTS
    assert after.failure is not None
    assert "word the requirements differently" in after.failure.reason
    kept = ("status", "revision", "score", "package", "name", "requirements")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert factory.projects.list_events(after.id)[-1].status is ProjectStatus.COMPLETED


def test_files_that_the_change_had_written_and_deleted_are_put_back() -> None:
    factory, _, before = finished(A_TASK)
    french, forget = until_its_tasks_wait(factory, before)
    factory.deliver(forget)
    assert "README.md" not in texts(factory, before)

    assert factory.deliver(french) is WorkOutcome.FAILED

    assert texts(factory, before) == replies.CONTENTS
    assert factory.project(before.id).status is ProjectStatus.COMPLETED


def test_the_timeline_makes_only_moves_that_the_tables_have() -> None:
    factory, _, before = finished(A_TASK)
    ask(factory, before)
    factory.run()
    odd = [
        (earlier.status, later.status, later.type)
        for earlier, later in pairwise(factory.projects.list_events(before.id))
        if later.status is not earlier.status and later.status not in LEGAL_MOVES[earlier.status]
    ]
    assert odd == [(ProjectStatus.DEVELOPING, ProjectStatus.COMPLETED, EventType.WORK_FAILED)]
    assert ProjectStatus.COMPLETED in TAKEN_BACK[ProjectStatus.DEVELOPING]


def test_a_retry_begins_the_change_anew_and_brings_it_to_its_end() -> None:
    factory, model, before = finished(A_TASK)
    ask(factory, before)
    factory.run()
    model.text = None

    again = factory.requests.retry(before.id, "request-3")
    factory.sent.send(again.messages)
    factory.run()

    after = factory.project(before.id)
    assert (after.status, after.revision, after.failure) == (ProjectStatus.COMPLETED, Revision(build=3), None)
    assert texts(factory, after)["greet.py"] == FRENCH
    with pytest.raises(Problem, match="nothing to retry"):
        factory.requests.retry(before.id, "request-4")


def test_another_change_may_follow_one_that_failed() -> None:
    factory, model, before = finished(THE_PLAN)
    ask(factory, before)
    factory.run()
    model.text = None
    assert ask(factory, before).revision == Revision(build=3)
    factory.run()
    assert factory.project(before.id).revision == Revision(build=3)


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_what_is_left_of_a_change_that_was_taken_back_never_joins_the_next(state: str) -> None:
    """One task fails while the other waits in its queue, or is running, and the next change begins."""
    factory, model, before = finished(A_TASK)
    french, forget = until_its_tasks_wait(factory, before)
    assert factory.deliver(french) is WorkOutcome.FAILED
    item(factory, forget.work)[1]["state"] = state
    model.text = None
    again = ask(factory, before)

    assert factory.deliver(forget) is WorkOutcome.ABANDONED
    assert texts(factory, before) == replies.CONTENTS

    factory.deliver(again)
    assert factory.deliver(forget) is WorkOutcome.ABANDONED, "the project is DEVELOPING, but not this"
    factory.run()
    assert factory.project(before.id).status is ProjectStatus.COMPLETED


def test_a_task_that_was_at_work_all_the_while_writes_nothing_into_the_next_change() -> None:
    factory, _, before = finished("a text that no prompt holds")
    french, _ = until_its_tasks_wait(factory, before)

    def meanwhile(prompt: Prompt) -> Answer:
        """Roll the change back while the model writes, and begin the next one."""
        key, stored = item(factory, "METADATA")
        factory.table.items[key] = stored | {
            "revision": {"build": 3, "round": 0},
            "status": "DEVELOPING",
            "version": 90,
        }
        return script(prompt)

    factory.model.script = meanwhile
    assert factory.deliver(french) is WorkOutcome.ABANDONED
    assert texts(factory, before) == replies.CONTENTS


def test_the_first_build_has_nothing_to_go_back_to() -> None:
    factory = Factory(Refusing("greets people"))
    project = factory.post(REQUIREMENTS)
    factory.run()
    assert factory.project(project.id).status is ProjectStatus.FAILED


def test_a_change_of_a_project_that_needs_review_goes_back_to_that() -> None:
    factory, _, before = finished(THE_PLAN)
    item(factory, "METADATA")[1].update(status="NEEDS_REVIEW", score=55.5)
    ask(factory, before)
    factory.run()
    after = factory.project(before.id)
    assert (after.status, after.score) == (ProjectStatus.NEEDS_REVIEW, 55.5)


def test_where_one_transaction_can_not_put_all_files_back_the_project_fails_and_keeps_them() -> None:
    factory, _, before = finished(A_TASK)
    french, _ = until_its_tasks_wait(factory, before)
    key, stored = item(factory, "FILE#greet.py")
    for number in range(MAX_WRITES - OTHER_WRITES):
        factory.table.items[key._replace(sk=f"FILE#new{number}.py")] = stored | {"path": f"new{number}.py"}
    reversals = Reversals(factory.projects, factory.objects)
    reversal = reversals.find(french)
    assert reversal is not None
    assert len(reversal.writes) + OTHER_WRITES == MAX_WRITES

    factory.table.items[key._replace(sk="FILE#more.py")] = stored | {"path": "more.py"}
    assert reversals.find(french) is None
    assert factory.deliver(french) is WorkOutcome.FAILED
    assert factory.project(before.id).status is ProjectStatus.FAILED
    assert "more.py" in {file.path for file in factory.projects.list_files(before.id)}


def test_a_change_that_was_asked_for_before_this_was_noted_fails_the_project() -> None:
    factory, _, before = finished(THE_PLAN)
    ask(factory, before)
    del item(factory, "MOD#2")[1]["before"]
    factory.run()
    assert factory.project(before.id).status is ProjectStatus.FAILED


def test_a_project_that_was_written_meanwhile_is_not_put_back_to_what_was_read_before() -> None:
    factory, _, before = finished(A_TASK)
    french, forget = until_its_tasks_wait(factory, before)
    stale = Reversals(factory.projects, factory.objects).find(french)
    assert stale is not None
    claim = factory.works.claim(french, "dev", ProjectStatus.DEVELOPING)
    assert isinstance(claim, Claimed)
    factory.deliver(forget)
    with pytest.raises(Conflict):
        factory.works.fail(french, "dev", claim, "refused", reversal=stale)
