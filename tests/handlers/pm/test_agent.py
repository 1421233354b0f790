"""A plan from its message to its tasks: what is asked, what is given up, and what becomes due."""

from collections.abc import Callable, Mapping

import pytest

from pm_agent.agent import PmAgent, read_plan
from qa_agent.evidence import Evidence
from shared.language_model.port import Delivery, FinishReason, Prompt
from shared.models.errors import Retryable, Terminal
from shared.models.messages import PlanRequested, TaskReady
from shared.models.plan import FileAction, Plan, PlannedFile
from shared.models.project import Project, Revision
from shared.models.quality import QualityReport
from shared.models.records import TaskRecord, WorkState
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer, said

WISHES = "A library that greets people."
USUAL = Plan.model_validate(replies.PLAN)
GOOD = USUAL.model_dump_json()


def approve(revision: Revision, files: Mapping[str, str], evidence: Evidence) -> QualityReport:
    return QualityReport(revision=revision, score=100, passed=True, parts=(), findings=(), measured=(), not_measured=())


def modifying(path: str) -> str:
    """The first task of the usual plan, as one that modifies this file."""
    file = PlannedFile(path=path, action=FileAction.MODIFY, purpose="greets")
    return USUAL.model_copy(update={"tasks": (USUAL.tasks[0].model_copy(update={"files": (file,)}),)}).model_dump_json()


def answering(*plans: Answer) -> Callable[[Prompt], Answer]:
    """A model that answers the questions for a plan with these, one after the other, and each task as it should."""
    left = list(plans)
    return lambda prompt: replies.good(prompt) if prompt.schema is None else left.pop(0)


def planned(*plans: Answer) -> tuple[Factory, Project]:
    """A project just after its first plan was made of these answers."""
    factory = Factory(answering(*plans), analyse=approve)
    project = factory.post(WISHES)
    (message,) = factory.sent.take()
    factory.deliver(message)
    return factory, factory.project(project.id)


def changed(*plans: Answer) -> tuple[Factory, PlanRequested]:
    """A finished project, and the message that asks for a change of it."""
    factory = Factory(answering(GOOD, *plans), analyse=approve)
    project = factory.post(WISHES)
    factory.run()
    accepted = factory.requests.modify(project.id, "Let it greet in French.", "request-2")
    (message,) = accepted.messages
    assert isinstance(message, PlanRequested)
    return factory, message


def work(factory: Factory, message: PlanRequested) -> tuple[PmAgent, Delivery, Project]:
    agent = PmAgent(factory.projects, factory.objects, factory.model)
    return agent, Delivery(lambda: 300.0), factory.project(message.project_id)


def test_only_files_that_exist_are_modified() -> None:
    plan, reasons = read_plan(said(modifying("greet.py")), frozenset({"greet.py"}))
    assert (plan, reasons) == (Plan.model_validate_json(modifying("greet.py")), [])
    _, reasons = read_plan(said(modifying("greet.py")), frozenset({"other.py"}))
    assert reasons == ["greet.py has the action modify, but there is no such file"]


@pytest.mark.parametrize("finish", [FinishReason.MAX_TOKENS, FinishReason.OTHER])
def test_a_plan_that_was_cut_off_is_to_be_smaller(finish: FinishReason) -> None:
    assert read_plan(said(GOOD, finish), frozenset()) == (
        None,
        [f"the answer was cut off ({finish.value}); plan fewer or smaller tasks"],
    )


def test_what_is_no_plan_is_told_with_its_place() -> None:
    _, reasons = read_plan(said(f"[{GOOD}]"), frozenset())
    assert [reason.partition(": ")[0] for reason in reasons] == ["the plan"]
    _, reasons = read_plan(said(GOOD.replace('"create"', '"write"', 1)), frozenset())
    assert reasons == ["tasks.0.files.0.action: Input should be 'create', 'modify' or 'delete'"]


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(Terminal) as fault:
        read_plan(said("", FinishReason.BLOCKED), frozenset())
    assert str(fault.value) == "The model refused to plan this (BLOCKED); word the requirements differently."


def test_a_plan_is_asked_for_once_more_with_its_faults() -> None:
    factory, project = planned("No.", GOOD)
    first, second = factory.model.prompts
    assert second.text.startswith(first.text)
    assert "\n- there is no JSON object in the answer, which begins 'No.'\n" in second.text
    assert [key for key in sorted(factory.objects.contents) if "/replies/" in key] == [
        f"plans/{project.id}/1/replies/0/plan-1.json",
        f"plans/{project.id}/1/replies/0/plan-2.json",
    ]
    assert project.tokens.calls == 2
    assert project.status is ProjectStatus.DEVELOPING


def test_without_a_plan_the_project_fails_with_the_last_faults() -> None:
    _, project = planned("No.", modifying("x.py"))
    assert project.failure is not None
    assert project.failure.reason == (
        "No plan could be made of the requirements: x.py has the action modify, but there is no such file."
    )


def test_the_plan_is_stored_with_its_tasks_and_releases_those_that_depend_on_nothing() -> None:
    factory, project = planned(GOOD)
    record = factory.projects.get_plan(project.id, 1)
    assert record is not None
    assert record.plan is not None
    assert record.base is None
    assert record.plan.key == f"plans/{project.id}/1/plan.json"
    assert Plan.model_validate_json(factory.objects.contents[record.plan.key]) == USUAL
    assert factory.objects.types[record.plan.key] == "application/json"
    assert factory.objects.contents[record.plan.key].startswith(b'{\n "summary"')
    tasks = list(factory.projects.list_tasks(project.id, Revision(build=1)))
    assert [(task.task_id, task.title, task.state) for task in tasks] == [
        ("code", "The library", WorkState.PENDING),
        ("readme", "Its README", WorkState.PENDING),
        ("tests", "Its tests", WorkState.PENDING),
    ]
    assert {type(task) for task in tasks} == {TaskRecord}
    (ready,) = factory.sent.messages
    assert isinstance(ready, TaskReady)
    assert (ready.task_id, ready.correlation_id, ready.revision) == ("code", "request-1", Revision(build=1))


@pytest.mark.parametrize(("tasks", "told"), [(1, "planned 1 task: code"), (2, "planned 2 tasks: code, tests")])
def test_the_timeline_tells_how_many_tasks_there_are(tasks: int, told: str) -> None:
    factory, project = planned(USUAL.model_copy(update={"tasks": USUAL.tasks[:tasks]}).model_dump_json())
    assert [event.detail for event in factory.projects.list_events(project.id) if event.agent == "pm"][-1] == told


def test_a_change_is_planned_from_the_files_there_are() -> None:
    factory, message = changed(modifying("greet.py"))
    agent, delivery, project = work(factory, message)
    result = agent.work(message, project, delivery)
    assert result.base is not None
    assert result.base.key == f"plans/{project.id}/2/base.json"
    assert result.stored.key == f"plans/{project.id}/2/plan.json"
    assert delivery.tokens.calls == 1
    fields = agent.conclude(message, project, result).fields
    assert fields == {"plan": result.stored.model_dump(), "base": result.base.model_dump()}
    (prompt,) = [prompt for prompt in factory.model.prompts if "Let it greet in French." in prompt.text]
    assert "A greeting library with tests." in prompt.text
    assert "def greet(name: str) -> str" in prompt.text
    assert "- greet.py (python, " in prompt.text


def test_a_change_is_told_of_the_first_plan_and_the_last_once_each() -> None:
    factory, message = changed(modifying("greet.py"), modifying("greet.py"), GOOD)
    for name in ("request-3", "request-4"):
        factory.sent.send([message])
        factory.run()
        (following,) = factory.requests.modify(message.project_id, "Let it greet in Latin.", name).messages
        assert isinstance(following, PlanRequested)
        message = following
    agent, delivery, project = work(factory, message)
    agent.work(message, project, delivery)
    counts = [prompt.text.count("Agreed on:") for prompt in factory.model.prompts if prompt.schema is not None]
    assert counts == [0, 1, 2, 2]


def test_a_change_that_is_not_there_yet_is_waited_for() -> None:
    factory, message = changed()
    agent, delivery, project = work(factory, message)
    other = message.model_copy(update={"revision": Revision(build=9)})
    with pytest.raises(Retryable, match="the change request is not there"):
        agent.work(other, project, delivery)
