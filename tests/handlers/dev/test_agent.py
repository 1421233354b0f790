"""A task from its message to its files: what is asked of the model again, what is given up, and what follows."""

import json
from collections.abc import Callable

import pytest

from dev_agent.agent import DevAgent, Developed
from shared.items import put_file, put_pending, remove_file
from shared.language_model.port import FinishReason, Prompt
from shared.models.messages import AnyMessage, TaskReady, TestRequested
from shared.models.plan import Plan
from shared.models.project import Project, Revision, StoredObject
from shared.models.records import FileRecord, TestRecord, WorkState
from shared.models.workflow import ProjectStatus
from shared.works import Changes
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer, said

TASK: dict[str, object] = {
    "id": "code", "title": "Code", "type": "code", "language": "python", "depends_on": [], "acceptance_criteria": [],
}  # fmt: skip
CODE = "x = 1\n"


def planned(path: str, action: str = "create") -> dict[str, str]:
    return {"path": path, "action": action, "purpose": "holds x"}


def plan(*tasks: dict[str, object]) -> str:
    """A plan of tasks that are like `TASK` but for this."""
    head = {"summary": "s", "assumptions": [], "shared_contract": ""}
    return json.dumps(
        {**head, "tasks": [TASK | {"files": [planned(f"{task.get('id', 'a')}.py")]} | task for task in tasks]}
    )


def write(prompt: Prompt) -> str:
    """The files asked for, as they should be."""
    return replies.envelopes(prompt, dict.fromkeys(replies.asked_for(prompt), CODE))


def answering(planned: str, *first: Answer | Callable[[Prompt], Answer]) -> Callable[[Prompt], Answer]:
    """A model that plans this, answers the tasks with `first`, one after the other, and then as it should."""
    left = list(first)

    def answer(prompt: Prompt) -> Answer:
        if prompt.schema is not None:
            return planned
        given = left.pop(0) if left else write
        return given(prompt) if callable(given) else given

    return answer


def finished(script: Callable[[Prompt], Answer]) -> tuple[Factory, Project]:
    factory = Factory(script)
    project = factory.post("Keep x.")
    factory.run()
    return factory, factory.project(project.id)


def reply_names(factory: Factory) -> list[str]:
    """The names under which the replies to tasks are stored."""
    names = (key.rpartition("/")[2] for key in sorted(factory.objects.contents) if "/replies/0/" in key)
    return [name for name in names if not name.startswith("plan")]


def tasks_prompts(factory: Factory) -> list[Prompt]:
    return [prompt for prompt in factory.model.prompts if prompt.schema is None]


ONE, TWO = plan({}), plan({"files": [planned("a.py"), planned("b.py")]})


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("I cannot.", "a.py is missing"),
        ("```python\nx = 1\n", "the code block that line 1 opens is not closed"),
        (said("", FinishReason.MAX_TOKENS), "the answer was cut off (MAX_TOKENS); write the files more briefly"),
        (said("", FinishReason.OTHER), "the answer was cut off (OTHER); write the files more briefly"),
        (lambda prompt: said(write(prompt), FinishReason.MAX_TOKENS), "the answer was cut off (MAX_TOKENS); write"),
        (lambda prompt: replies.envelopes(prompt, {"a.py": "# rest of the code\n"}), "a.py leaves code out, write all"),
        (lambda prompt: replies.envelopes(prompt, {"a.py": CODE, "c.py": CODE}), "c.py is not one of the task's files"),
    ],
    ids=["no-files", "malformed", "cut-off", "other", "cut-off-though-whole", "objection", "unplanned"],
)
def test_an_answer_that_cannot_be_taken_is_asked_for_once_more(
    first: Answer | Callable[[Prompt], Answer], reason: str
) -> None:
    factory, project = finished(answering(ONE, first))
    asked, again = tasks_prompts(factory)
    assert again.text.startswith(asked.text)
    assert f"\n- {reason}" in again.text
    assert again.system == asked.system
    assert reply_names(factory) == ["1.0-code-1.json", "1.0-code-2.json"]
    assert [file.path for file in factory.projects.list_files(project.id)] == ["a.py"]
    assert project.tokens.calls == 3


def test_a_task_fails_with_what_was_wrong_with_the_second_answer() -> None:
    factory, project = finished(answering(TWO, "I cannot.", "```\n"))
    assert project.status is ProjectStatus.FAILED
    assert project.failure is not None
    assert project.failure.reason == ("The task code could not be developed: a.py is missing; b.py is missing.")
    assert len(tasks_prompts(factory)) == 2
    assert list(factory.projects.list_files(project.id)) == []


def test_a_refusal_fails_the_task_at_once_with_what_to_do() -> None:
    factory, project = finished(answering(ONE, said("", FinishReason.BLOCKED)))
    assert project.failure is not None
    assert project.failure.reason == ("The model refused to write code (BLOCKED); word the requirements differently.")
    assert len(tasks_prompts(factory)) == 1


def test_several_files_that_are_too_long_for_one_answer_are_asked_for_one_by_one() -> None:
    factory, project = finished(answering(TWO, said("", FinishReason.MAX_TOKENS)))
    assert [replies.asked_for(prompt) for prompt in tasks_prompts(factory)] == [["a.py", "b.py"], ["a.py"], ["b.py"]]
    assert reply_names(factory) == ["1.0-code-1.json", "1.0-code-file1-1.json", "1.0-code-file2-1.json"]
    assert {file.path: file.revision.round for file in factory.projects.list_files(project.id)} == {
        "a.py": 0,
        "b.py": 0,
    }


def test_one_file_that_is_too_long_by_itself_fails_the_task() -> None:
    cut = said("", FinishReason.MAX_TOKENS)
    factory, project = finished(answering(TWO, cut, write, cut, cut))
    assert project.failure is not None
    assert project.failure.reason == (
        "The task code could not be developed: the answer was cut off (MAX_TOKENS); write the files more briefly."
    )
    assert reply_names(factory)[1:] == ["1.0-code-file1-1.json", "1.0-code-file2-1.json", "1.0-code-file2-2.json"]


def test_a_file_is_stored_with_its_language_and_media_type() -> None:
    contents = {"run": "#!/bin/bash\necho\n", "a.h": "class A {\n};\n", "index.html": "<!doctype html>\n<p>x</p>\n"}
    wanted = plan({"files": [planned(path) for path in contents]})
    factory, project = finished(answering(wanted, lambda prompt: replies.envelopes(prompt, contents)))
    files = {file.path: file for file in factory.projects.list_files(project.id)}
    assert {path: file.language for path, file in files.items()} == {"run": "bash", "a.h": "cpp", "index.html": "html"}
    assert {path: factory.objects.types[file.object.key].partition(";")[0] for path, file in files.items()} == {
        "run": "text/plain", "a.h": "text/x-chdr", "index.html": "text/html",
    }  # fmt: skip
    assert files["run"].object.key == f"projects/{project.id}/1.0/run"


def test_a_task_keeps_what_it_wrote_and_deleted() -> None:
    factory, project = finished(answering(plan({"files": [planned("c.py"), planned("d.py")]})))
    both = plan({"files": [planned("a.py"), planned("b.py"), planned("c.py", "delete"), planned("d.py", "delete")]})
    factory.model.script = answering(both)
    accepted = factory.requests.modify(project.id, "Keep it elsewhere.", "request-2")
    factory.sent.send(accepted.messages)
    factory.run()
    project = factory.project(project.id)
    (task,) = factory.projects.list_tasks(project.id, project.revision)
    assert [type(file) for file in task.files] == [FileRecord, FileRecord]
    assert [file.path for file in task.files] == ["a.py", "b.py"]
    told = [event.detail for event in factory.projects.list_events(project.id) if event.agent == "dev" and event.detail]
    assert told == ["wrote c.py, d.py", "wrote a.py, b.py; deleted c.py, d.py"]
    assert [file.path for file in factory.projects.list_files(project.id)] == ["a.py", "b.py"]


def deliver_all_but_tests(factory: Factory) -> list[tuple[str, list[str]]]:
    """Deliver messages one at a time; return each piece of work with what it made due."""
    seen, waiting = [], factory.sent.take()
    while waiting:
        message = waiting.pop(0)
        if isinstance(message, TestRequested):
            continue
        factory.deliver(message)
        due = factory.sent.take()
        assert {each.correlation_id for each in due} <= {message.correlation_id}
        seen.append((message.work, [each.work for each in due]))
        waiting += due
    return seen


def test_a_task_releases_those_that_waited_for_it_alone_and_the_last_one_the_test() -> None:
    diamond = plan(
        {"id": "a"},
        {"id": "b", "depends_on": ["a"]},
        {"id": "c", "depends_on": ["a"]},
        {"id": "d", "depends_on": ["b", "c"]},
        {"id": "e"},
    )
    factory = Factory(answering(diamond))
    project = factory.post("Keep x.")
    assert deliver_all_but_tests(factory) == [
        ("PLAN#1", ["TASK#1.0#a", "TASK#1.0#e"]),
        ("TASK#1.0#a", ["TASK#1.0#b", "TASK#1.0#c"]),
        ("TASK#1.0#e", []),
        ("TASK#1.0#b", []),
        ("TASK#1.0#c", ["TASK#1.0#d"]),
        ("TASK#1.0#d", ["TEST#1.0"]),
    ]
    assert factory.project(project.id).status is ProjectStatus.TESTING
    record = factory.projects.get_plan(project.id, 1)
    assert record is not None
    assert record.done == ("a", "b", "c", "d", "e")
    (test,) = factory.projects.list_tests(project.id)
    assert isinstance(test, TestRecord)
    assert (test.work, test.state) == ("TEST#1.0", WorkState.PENDING)


def test_the_status_stays_until_the_last_task_is_done() -> None:
    factory = Factory(answering(plan({"id": "a"}, {"id": "b", "depends_on": ["a"]})))
    project = factory.post("Keep x.")
    for _ in range(2):
        (message,) = factory.sent.take()
        factory.deliver(message)
    assert factory.project(project.id).status is ProjectStatus.DEVELOPING
    (last,) = factory.sent.messages
    assert isinstance(last, TaskReady)
    assert last.task_id == "b"


@pytest.mark.parametrize("number", [0, 1])
def test_a_task_that_is_delivered_again_asks_no_model_again(number: int) -> None:
    factory = Factory(answering(plan({"id": "a"}, {"id": "b"})))
    factory.post("Keep x.")
    (first,) = factory.sent.take()
    factory.deliver(first)
    ready: list[AnyMessage] = factory.sent.take()
    for message in (*ready, ready[number]):
        factory.deliver(message)
    assert len(factory.model.prompts) == 3


def test_a_repair_writes_its_files_and_takes_others_away_and_is_tested() -> None:
    factory = Factory(answering(ONE))
    project = factory.post("Keep x.")
    message = TaskReady(
        project_id=project.id, correlation_id="c", revision=Revision(build=1, round=1), task_id="repair"
    )
    stored = StoredObject(key="k", size=1, sha256="0" * 64)
    file = FileRecord(path="a.py", language="python", revision=message.revision, object=stored)
    agent = DevAgent(factory.projects, factory.objects, factory.model)
    result = Developed(Plan.model_validate_json(ONE), (file,), ("b.py", "c.py"))
    test = TestRequested(project_id=project.id, correlation_id="c", revision=message.revision)
    assert agent.conclude(message, project, result) == Changes(
        fields={"files": [file.model_dump()]},
        move=ProjectStatus.TESTING,
        writes=(
            put_file(project.id, file),
            remove_file(project.id, "b.py"),
            remove_file(project.id, "c.py"),
            put_pending(test, TestRecord),
        ),
        outbox=(test,),
        detail="wrote a.py; deleted b.py, c.py",
    )
