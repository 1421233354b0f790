"""What a developer is given: the files of a task or a repair, and what may be seen of the rest."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest

from dev_agent.assignment import Assignment, Assignments, find_visible_paths
from qa_agent.evidence import Evidence
from shared.language_model.port import Prompt
from shared.models.errors import Retryable
from shared.models.messages import AnyMessage, TaskReady
from shared.models.plan import FileAction, Plan, PlannedFile, PlannedTask, TaskType
from shared.models.project import Revision
from shared.models.quality import Finding, QualityReport, Severity
from tests.fakes import replies
from tests.fakes.factory import Factory


def task(name: str, depends_on: Sequence[str] = (), files: Mapping[str, FileAction] | None = None) -> PlannedTask:
    """A task that creates the file of its name, or does this to files."""
    actions = files or {f"{name}.py": FileAction.CREATE}
    return PlannedTask(
        id=name, title=name, type=TaskType.CODE, language="python", depends_on=tuple(depends_on),
        files=tuple(PlannedFile(path=path, action=action, purpose="x") for path, action in actions.items()),
        acceptance_criteria=(),
    )  # fmt: skip


def plan(*tasks: PlannedTask) -> Plan:
    return Plan(summary="s", assumptions=(), shared_contract="", tasks=tasks)


def factory_of(*plans: Plan, findings: Sequence[Finding] = ()) -> Factory:
    """A factory whose model makes these plans, one after the other, and whose QA always finds this."""
    left = [made.model_dump(mode="json") for made in plans]

    def answer(prompt: Prompt) -> str:
        if prompt.schema is not None:
            return json.dumps(left.pop(0))
        return replies.envelopes(prompt, {path: f"NAME = '{path}'\n" for path in replies.asked_for(prompt)})

    def analyse(revision: Revision, files: Mapping[str, str], evidence: Evidence) -> QualityReport:
        return QualityReport(
            revision=revision, score=50, passed=not findings, parts=(), findings=tuple(findings), measured=(),
            not_measured=(),
        )  # fmt: skip

    return Factory(answer, analyse=analyse)


def assignment_of(factory: Factory, wanted: Callable[[AnyMessage], bool]) -> Assignment:
    """The assignment of the first message like this; all messages before it are delivered."""
    while messages := factory.sent.take():
        for message in messages:
            if isinstance(message, TaskReady) and wanted(message):
                project = factory.project(message.project_id)
                return Assignments(factory.projects, factory.objects).make_assignment(message, project)
            factory.deliver(message)
    raise AssertionError("there is no such message")


def is_task(name: str) -> Callable[[AnyMessage], bool]:
    return lambda message: message.work.endswith(f"#{name}")


def text_of(path: str) -> str:
    return f"NAME = '{path}'\n"


def finding(path: str, *related: str, severity: Severity = Severity.ERROR, line: int = 1) -> Finding:
    return Finding(path=path, line=line, rule="F821", severity=severity, message="undefined", related=related)


def repair(paths: Sequence[str], *findings: Finding) -> Assignment:
    made = [task(f"t{path[:-3]}", files={path: FileAction.CREATE}) for path in paths]
    factory = factory_of(plan(*made), findings=findings)
    factory.post("Keep names.")
    return assignment_of(factory, is_task("repair"))


def test_a_task_sees_what_the_tasks_before_it_write_in_the_plans_order() -> None:
    gone = task("b", ["c"], {"b.py": FileAction.CREATE, "old.py": FileAction.DELETE, "b2.py": FileAction.MODIFY})
    made = plan(task("c", ["e"]), task("a", ["b"]), gone, task("d"), task("e"))
    assert find_visible_paths(made, made.find_task("a")) == ("c.py", "b.py", "b2.py", "e.py")
    assert find_visible_paths(made, made.find_task("c")) == ("e.py",)
    assert find_visible_paths(made, made.find_task("d")) == ()


def test_a_task_is_shown_the_files_that_it_builds_on() -> None:
    factory = factory_of(plan(task("a"), task("b", ["a"]), task("c", ["b"]), task("d")))
    factory.post("Keep names.")
    assigned = assignment_of(factory, is_task("c"))
    assert assigned.context.shown == {"a.py": text_of("a.py"), "b.py": text_of("b.py")}
    assert assigned.context.outlined == {}
    assert assigned.previous == {}
    assert assigned.optional == frozenset()
    assert assigned.task.id == "c"


def test_a_change_is_shown_what_it_modifies_and_the_outlines_of_the_rest() -> None:
    changes = {"a.py": FileAction.MODIFY, "new.py": FileAction.CREATE, "b.py": FileAction.DELETE}
    factory = factory_of(
        plan(task("all", files=dict.fromkeys(["a.py", "b.py", "c.py", "d.py"], FileAction.CREATE))),
        plan(task("first", files={"c.py": FileAction.MODIFY}), task("then", ["first"], changes)),
    )
    project = factory.post("Keep names.")
    factory.run()
    factory.sent.send(factory.requests.modify(project.id, "Keep more.", "request-2").messages)
    assigned = assignment_of(factory, is_task("then"))
    assert dict(assigned.context.shown) == {path: text_of(path) for path in ("c.py", "a.py", "b.py")}
    assert dict(assigned.context.outlined) == {"d.py": text_of("d.py")}
    assert assigned.previous == {"a.py": text_of("a.py"), "b.py": text_of("b.py")}
    assert [file.path for file in assigned.written] == ["a.py", "new.py"]


def test_a_repair_is_a_task_of_the_files_with_findings_and_their_causes() -> None:
    found = [finding("test_a.py", "a.py", "b.py", "gone.py"), finding("b.py"), finding("test_a.py", "a.py")]
    assigned = repair(["a.py", "b.py", "c.py", "test_a.py"], *found)
    assert assigned.task == PlannedTask(
        id="repair", title="Repair", type=TaskType.CODE, language="as they are", depends_on=(),
        files=tuple(
            PlannedFile(path=path, action=FileAction.MODIFY, purpose="repair it")
            for path in ("test_a.py", "a.py", "b.py")
        ),
        acceptance_criteria=(),
    )  # fmt: skip
    assert assigned.optional == {"test_a.py", "a.py", "gone.py"}
    assert dict(assigned.context.shown) == assigned.previous
    assert assigned.previous == {path: text_of(path) for path in ("test_a.py", "a.py", "b.py")}
    assert dict(assigned.context.outlined) == {"c.py": text_of("c.py")}
    prompt, _ = assigned.make_prompt()
    assert "- test_a.py, line 1 (error, F821): undefined\n\n- b.py, line 1" in prompt.text
    assert "all else as it was:\n\n- b.py (modify): repair it\n\n" in prompt.text


def test_a_repair_is_of_eight_files_and_forty_findings_the_errors_first() -> None:
    paths = [f"f{number}.py" for number in range(10)]
    minor = [finding(path, severity=Severity.WARNING, line=line) for path in paths[:2] for line in range(2, 42)]
    assigned = repair(paths, *minor, *(finding(path) for path in paths[1:]))
    assert list(assigned.context.shown) == paths[1:9]
    assert list(assigned.context.outlined) == ["f0.py", "f9.py"]
    prompt, _ = assigned.make_prompt()
    told = [line.partition(" (")[0] for line in prompt.text.split("\n") if ", line " in line]
    assert told == [
        *(f"- {path}, line 1" for path in paths[1:9]),
        *(f"- f1.py, line {line}" for line in range(2, 34)),
    ]


def test_one_file_of_an_assignment_has_to_be_written() -> None:
    assigned = repair(["a.py", "test_a.py"], finding("test_a.py", "a.py"))
    alone = assigned.narrow_to_file(assigned.written[1])
    assert [file.path for file in alone.task.files] == ["a.py"]
    assert alone.optional == frozenset()
    assert alone.context == assigned.context
    assert alone.plan == assigned.plan
    prompt, _ = alone.make_prompt()
    assert replies.asked_for(prompt) == ["a.py"]
    assert "all else as it was:\n\n- a.py (modify): repair it\n\n" in prompt.text
    assert "leave out the others:\n\nNone.\n\n" in prompt.text


def test_a_later_repair_is_of_what_was_found_after_the_one_before() -> None:
    reports = iter([[finding("a.py")], [finding("b.py")]])
    factory = factory_of(plan(task("all", files=dict.fromkeys(["a.py", "b.py"], FileAction.CREATE))))

    def analyse(revision: Revision, files: Mapping[str, str], evidence: Evidence) -> QualityReport:
        return QualityReport(
            revision=revision, score=50, passed=False, parts=(), findings=tuple(next(reports)), measured=(),
            not_measured=(),
        )  # fmt: skip

    factory = Factory(factory.model.script, analyse=analyse)
    factory.post("Keep names.")
    assigned = assignment_of(factory, lambda message: message.revision.round == 2)
    assert list(assigned.context.shown) == ["b.py"]
    assert assigned.previous == {"b.py": text_of("b.py")}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"revision": Revision(build=9)}, "the plan is not there"),
        ({"revision": Revision(build=1, round=3)}, "an object that the task needs is not there"),
    ],
)
def test_what_is_not_there_yet_is_waited_for(changed: Mapping[str, object], reason: str) -> None:
    factory = factory_of(plan(task("a")))
    factory.post("Keep names.")
    (message,) = factory.sent.take()
    factory.deliver(message)
    (ready,) = factory.sent.take()
    assert isinstance(ready, TaskReady)
    assignments = Assignments(factory.projects, factory.objects)
    with pytest.raises(Retryable) as fault:
        assignments.make_assignment(ready.model_copy(update=dict(changed)), factory.project(ready.project_id))
    assert str(fault.value) == reason
