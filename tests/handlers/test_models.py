"""The models are consistent: each default is valid for its field, and limits agree with their documentation."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared import models
from shared.language_model.port import FinishReason
from shared.models.base import Model, TolerantModel
from shared.models.events import EventType, TimelineEvent
from shared.models.messages import DeployRequested, PlanRequested, TaskReady, TestRequested, parse
from shared.models.plan import FileAction, Plan, PlannedTask, TaskType
from shared.models.project import Archive, Project, ProjectSummary, Revision, StoredObject, TokenUsage
from shared.models.quality import Finding, QualityReport, ScorePart
from shared.models.records import ChangeRecord, PlanRecord, TestRecord, WorkState
from shared.models.runs import MOST_TESTS, SPENT, Emptied, ProjectFrame, TestedTest, TestsRequested, TestsRun
from shared.models.severity import Severity
from shared.models.template import TemplateSummary
from shared.models.views import NewProject
from shared.models.workflow import ProjectStatus

MODULES = (
    *(f"shared.models.{module.name}" for module in pkgutil.iter_modules(models.__path__)),
    *("shared.composition", "shared.language_model.gemini_wire", "shared.sqs_batch"),
)


def defaults() -> Iterator[tuple[str, FieldInfo]]:
    for module in MODULES:
        for name, kind in vars(importlib.import_module(module)).items():
            if isinstance(kind, type) and issubclass(kind, Model | TolerantModel):
                kind.model_rebuild()
                for field, info in kind.model_fields.items():
                    if not info.is_required():
                        yield f"{name}.{field}", info


@pytest.mark.parametrize("info", [pytest.param(info, id=name) for name, info in dict(defaults()).items()])
def test_each_default_is_a_value_that_the_field_takes(info: FieldInfo) -> None:
    default = info.get_default(call_default_factory=True, validated_data={})
    TypeAdapter(info.annotation).validate_python(default)


OF_WORK: dict[str, object] = {
    "state": "PENDING", "attempts": 0, "outbox": (), "started_at": None, "finished_at": None, "failure": None,
}  # fmt: skip
OF_PROJECTS: dict[str, object] = {"score": None, "failure": None, "tokens": TokenUsage()}
OF_MODELS: dict[str, object] = {"gemini_endpoint": "", "model_adapter": "google-genai"}
OF_FUNCTIONS: dict[str, object] = {"stage": "", "business_metrics": False}
LEFT_OUT: dict[str, dict[str, object]] = {
    "Health": {"status": "ok"},
    "HealthReport": {"status": "ok"},
    "Fault": {"pointer": None, "parameter": None},
    "ProblemView": {"errors": None, "project_id": None, "checks": None},
    "TokenUsage": {"calls": 0, "prompt_tokens": 0, "output_tokens": 0},
    "TimelineEvent": {"duration_ms": None, "detail": "", "tokens": TokenUsage()},
    "Revision": {"round": 0},
    "Message": {"not_before": None},
    "PlanRequested": {"schema_": "plan-requested/2", "not_before": None},
    "TaskReady": {"schema_": "task-ready/2", "not_before": None},
    "TestRequested": {"schema_": "test-requested/2", "not_before": None},
    "DeployRequested": {"schema_": "deploy-requested/2", "not_before": None},
    "ProjectSummary": OF_PROJECTS,
    "Project": {
        **OF_PROJECTS, "template": None, "package": None, "failed_build": 0, "retries": 0, "idempotency": None,
    },
    "TestsRun": {
        "schema_": "tests-run/1", "not_run": "", "trouble": "", "tests": (), "collected": 0, "written": (),
        "emptied": (), "output": "", "contained": True,
    },
    "Finding": {"lines": (), "related": ()},
    "QualityReport": {"reasons": (), "omitted": 0, "omitted_errors": 0, "runs": ()},
    "Work": OF_WORK,
    "PlanRecord": {**OF_WORK, "plan": None, "base": None, "done": (), "progress": 0},
    "TaskRecord": {**OF_WORK, "files": ()},
    "TestRecord": {
        **OF_WORK, "score": None, "passed": None, "errors": 0, "passing": 0, "report": None, "page": None,
        "manifest": None, "fingerprint": None,
    },
    "DeploymentRecord": {
        **OF_WORK, "project_type": None, "package": None, "template": None, "instructions": None, "proof": None,
        "proven": None, "tried": (), "unproven": False,
    },
    "ChangeRecord": {"before": None},
    "TestsRequested": {"schema_": "tests-requested/1", "weakness": True},
    "TestedTest": {"seconds": 0, "message": "", "path": "", "line": 1, "checks": None, "frames": ()},
    "NewProject": {"requirements": None, "template": None},
    "DeploymentView": {"proven": None, "tried": (), "unproven": False},
    "Settings": OF_FUNCTIONS,
    "ModelSettings": OF_MODELS,
    "AskingSettings": OF_FUNCTIONS | OF_MODELS,
    "RunningSettings": OF_FUNCTIONS,
}  # fmt: skip


def test_what_an_earlier_version_left_out_reads_as_ever() -> None:
    found: dict[str, dict[str, object]] = {}
    for name, info in dict(defaults()).items():
        kind, _, field = name.partition(".")
        if not kind.startswith("_"):
            found.setdefault(kind, {})[field] = info.get_default(call_default_factory=True, validated_data={})
    assert found == LEFT_OUT
    assert found["TestsRun"]["contained"] is True


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            ProjectStatus,
            "CREATED PLANNING DEVELOPING TESTING DEPLOYING COMPLETED NEEDS_REVIEW WAITING_FOR_QUOTA FAILED",
        ),
        (WorkState, "PENDING RUNNING DONE FAILED"),
        (TaskType, "code test documentation configuration"),
        (FileAction, "create modify delete"),
        (Severity, "error warning info"),
        (FinishReason, "STOP MAX_TOKENS BLOCKED OTHER"),
    ],
)
def test_a_word_that_is_stored_stays(kind: type[StrEnum], words: str) -> None:
    assert [word.value for word in kind] == words.split()
    assert [word.name for word in kind] == words.upper().split()


def test_what_happened_is_told_in_the_words_of_the_api() -> None:
    assert [kind.value for kind in EventType] == [kind.name.lower().replace("_", " ") for kind in EventType]


@pytest.mark.parametrize(
    ("kind", "schema", "more"),
    [
        (PlanRequested, "plan-requested", {}),
        (TaskReady, "task-ready", {"task_id": "a"}),
        (TestRequested, "test-requested", {}),
        (DeployRequested, "deploy-requested", {}),
    ],
)
def test_a_message_names_its_schema_and_reads_as_what_it_is(
    kind: type[PlanRequested | TaskReady | TestRequested | DeployRequested], schema: str, more: dict[str, str]
) -> None:
    head = {"project_id": "0" * 26, "correlation_id": "c", "revision": {"build": 2, "round": 1}}
    message = kind.model_validate(head | more)
    sent = {"schema": f"{schema}/2", **head, "not_before": None, **more}
    assert message.model_dump(mode="json", by_alias=True) == sent
    assert (parse(json.dumps(sent)), type(parse(json.dumps(sent)))) == (message, kind)
    assert parse(json.dumps(sent | {"schema": f"{schema}/1"})) == message
    assert message.head() == {"project_id": "0" * 26, "correlation_id": "c", "revision": message.revision}
    assert message.id == f"{message.project_id}/{message.work}"
    for other in ("other/2", f"{schema}/3", schema):
        with pytest.raises(ValidationError, match="schema"):
            parse(json.dumps(sent | {"schema": other}))


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null", "{}"])
def test_what_is_no_object_is_no_message(body: str) -> None:
    with pytest.raises(ValidationError):
        parse(body)


def test_the_runner_is_asked_and_answers_under_a_schema() -> None:
    asked = TestsRequested(project_id="p", language="node", files="")
    assert asked.model_dump(by_alias=True) == {
        "schema": "tests-requested/1", "project_id": "p", "language": "node", "files": "", "weakness": True,
    }  # fmt: skip
    assert TestsRun(language="node").model_dump(by_alias=True)["schema"] == "tests-run/1"
    assert (MOST_TESTS, SPENT) == (1000, 75)


class Closed(Model):
    name: str


class Open(TolerantModel):
    name: str


def test_a_model_is_built_on_first_use_and_does_not_change() -> None:
    class Fresh(Model):
        name: str

    class Tolerant(TolerantModel):
        name: str

    assert not Fresh.__pydantic_complete__
    assert not Tolerant.__pydantic_complete__
    for value in (Closed(name="a"), Open(name="a")):
        with pytest.raises(ValidationError, match="frozen"):
            value.name = "b"  # type: ignore[misc]


def test_only_a_tolerant_model_takes_more_than_it_names() -> None:
    assert Open.model_validate({"name": "a", "more": 1}).model_dump() == {"name": "a"}
    with pytest.raises(ValidationError, match="more"):
        Closed.model_validate({"name": "a", "more": 1})


def test_a_revision_is_written_with_a_dot_and_its_repair_is_the_next_round() -> None:
    revision = Revision(build=2, round=1)
    assert (str(revision), revision.repaired()) == ("2.1", Revision(build=2, round=2))


def test_tokens_add_up() -> None:
    one = TokenUsage(calls=1, prompt_tokens=10, output_tokens=100)
    two = TokenUsage(calls=2, prompt_tokens=20, output_tokens=200)
    assert one + two == TokenUsage(calls=3, prompt_tokens=30, output_tokens=300)


def test_the_findings_to_repair_are_those_that_are_more_than_info_the_errors_first() -> None:
    warning, info, error = (
        Finding(path=severity, line=1, rule="r", severity=severity, message="m")
        for severity in (Severity.WARNING, Severity.INFO, Severity.ERROR)
    )
    report = QualityReport.model_validate(REPORT | {"findings": (warning, info, error, warning)})
    assert report.repairable == (error, warning, warning)


def test_the_passing_tests_are_counted_over_all_runs() -> None:
    tests = [TestedTest(id=outcome, outcome=outcome) for outcome in ("passed", "failed", "error", "skipped", "passed")]
    run = TestsRun(language="python", tests=tuple(tests))
    assert QualityReport.model_validate(REPORT | {"runs": (run, run)}).passing == 4


def test_a_plan_tells_its_tasks_and_which_can_begin() -> None:
    tasks = [TASK, TASK | {"id": "b", "depends_on": ("a",)}, TASK | {"id": "c", "depends_on": ("a", "b")}]
    plan = Plan.model_validate(PLAN | {"tasks": tasks})
    assert plan.find_task("b").depends_on == ("a",)
    with pytest.raises(KeyError, match="d"):
        plan.find_task("d")
    ready = [plan.list_ready(frozenset(done)) for done in ("", "a", "b", "ab", "abc")]
    assert ready == [("a",), ("b",), ("a",), ("c",), ()]


def test_the_plan_that_the_model_is_asked_for_says_what_its_parts_are() -> None:
    schema = Plan.model_json_schema()
    task, file = (schema["$defs"][name]["properties"] for name in ("PlannedTask", "PlannedFile"))
    assert file["path"]["description"] == "relative, forward slashes, no .."
    assert task["depends_on"]["description"] == "ids of tasks whose files this one needs to see"
    assert schema["properties"]["shared_contract"]["description"] == (
        "the names, signatures and formats on which all tasks must agree"
    )


def test_what_a_planner_writes_is_taken_without_blanks_and_its_language_in_lower_case() -> None:
    task = PlannedTask.model_validate(TASK | {"title": " t\n", "language": "Python"})
    assert (task.title, task.language) == ("t", "python")


def test_a_project_begins_with_requirements_a_template_or_both() -> None:
    requirements = "A shop for tea."
    for given in (
        {"requirements": requirements},
        {"template": "shop"},
        {"requirements": requirements, "template": "shop"},
    ):
        assert NewProject.model_validate({"name": "Shop", **given})
    with pytest.raises(ValidationError, match="give requirements, a template, or both"):
        NewProject(name="Shop")


FRAME = {"path": "a.py", "line": 1, "function": "f"}
TEST = {"id": "t", "outcome": "passed"}
EMPTIED = {"path": "a.py", "line": 1, "name": "f", "called": True, "noticed": True}
FINDING = {"path": "a.py", "line": 1, "rule": "r", "severity": "error", "message": "m"}
PART = {"name": "p", "weight": 0, "points": 0, "measured": True, "explanation": "e"}
REPORT = {
    "revision": {"build": 1}, "score": 0, "passed": True, "parts": (), "findings": (), "measured": (),
    "not_measured": (),
}  # fmt: skip
MESSAGE = {"project_id": "0" * 26, "correlation_id": "c", "revision": {"build": 1}}
TASK = {
    "id": "a", "title": "t", "type": "code", "language": "l", "depends_on": (), "files": (), "acceptance_criteria": (),
}  # fmt: skip
WORK = {"work": "w", "revision": {"build": 1}}
CHANGE = {"build": 2, "requirements": "r", "correlation_id": "c", "requested_at": "2026-01-01T00:00:00Z"}
EVENT = {
    "id": "e", "type": "work done", "at": "2026-01-01T00:00:00Z", "agent": "pm", "work": "w", "attempt": 0,
    "status": "PLANNING",
}  # fmt: skip
PLAN = {"summary": "s", "assumptions": (), "shared_contract": "", "tasks": ()}
TEMPLATE = {"id": "t", "name": "n", "description": "d"}
OBJECT = {"key": "k", "size": 0, "sha256": "0" * 64}
SUMMARY = {
    "id": "0" * 26, "name": "n", "status": "CREATED", "revision": {"build": 1}, "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z", "version": 1,
}  # fmt: skip
PROJECT = SUMMARY | {"requirements": "r"}


@pytest.mark.parametrize(
    ("kind", "least", "field", "below"),
    [
        (ProjectFrame, FRAME, "line", 0),
        (TestedTest, TEST | {"seconds": 0, "line": 1, "checks": 0}, "line", 0),
        (TestedTest, TEST, "seconds", -0.1),
        (TestedTest, TEST, "checks", -1),
        (TestedTest, TEST | {"message": "m" * 4_000}, "message", "m" * 4_001),
        (TestsRun, {"language": "node", "collected": 0}, "collected", -1),
        (Emptied, EMPTIED, "line", 0),
        (Revision, {"build": 1, "round": 0}, "build", 0),
        (Revision, {"build": 1}, "round", -1),
        (StoredObject, OBJECT, "size", -1),
        (StoredObject, OBJECT, "sha256", "0" * 63),
        (Finding, FINDING, "line", 0),
        (ScorePart, PART, "weight", -1),
        (ScorePart, PART, "points", -1),
        (QualityReport, REPORT, "score", -1),
        (QualityReport, REPORT | {"score": 100}, "score", 101),
        (QualityReport, REPORT | {"omitted": 0, "omitted_errors": 0}, "omitted", -1),
        (QualityReport, REPORT, "omitted_errors", -1),
        (PlanRequested, MESSAGE, "correlation_id", ""),
        (PlanRequested, MESSAGE | {"correlation_id": "c" * 100}, "correlation_id", "c" * 101),
        (PlanRequested, MESSAGE, "project_id", "0" * 27),
        (PlanRequested, MESSAGE, "project_id", "I" * 26),
        (TaskReady, MESSAGE | {"task_id": "0-a_b"}, "task_id", "A"),
        (TaskReady, MESSAGE | {"task_id": "a" * 40}, "task_id", "a" * 41),
        (TaskReady, MESSAGE | {"task_id": "a"}, "task_id", "-a"),
        (PlannedTask, TASK | {"title": "t" * 500}, "title", "t" * 501),
        (PlannedTask, TASK, "title", " "),
        (PlannedTask, TASK | {"language": "l" * 40}, "language", "l" * 41),
        (PlannedTask, TASK, "language", ""),
        (ChangeRecord, CHANGE, "build", 1),
        (PlanRecord, WORK | {"progress": 0, "attempts": 0}, "progress", -1),
        (PlanRecord, WORK, "attempts", -1),
        (TestRecord, WORK | {"errors": 0, "passing": 0}, "errors", -1),
        (TestRecord, WORK, "passing", -1),
        (TimelineEvent, EVENT | {"duration_ms": 0}, "attempt", -1),
        (TimelineEvent, EVENT, "duration_ms", -1),
        (Archive, {"files": "0" * 64, "object": OBJECT}, "files", "0" * 63),
        (Archive, {"files": "af09" * 16, "object": OBJECT}, "files", "F" * 64),
        (StoredObject, OBJECT | {"sha256": "af09" * 16}, "sha256", "F" * 64),
        (StoredObject, OBJECT, "sha256", "0" * 65),
        (Plan, PLAN | {"summary": "s" * 2000}, "summary", "s" * 2001),
        (Plan, PLAN, "summary", ""),
        (Plan, PLAN | {"shared_contract": "c" * 8000}, "shared_contract", "c" * 8001),
        (TemplateSummary, TEMPLATE | {"id": "0-" + "a" * 62}, "id", "a" * 65),
        (TemplateSummary, TEMPLATE, "id", "-a"),
        (TemplateSummary, TEMPLATE, "id", "A"),
        (TaskReady, MESSAGE | {"task_id": "z9_-"}, "task_id", "a.b"),
        (PlanRequested, MESSAGE | {"project_id": "0123456789ABCDEFGHJKMNPQRS"}, "project_id", "0" * 25),
        (PlanRequested, MESSAGE | {"project_id": "TVWXYZ" + "0" * 20}, "project_id", "U" * 26),
        (PlanRequested, MESSAGE, "project_id", "a" * 26),
        (Project, PROJECT | {"failed_build": 0, "retries": 0}, "failed_build", -1),
        (Project, PROJECT, "retries", -1),
        (ProjectSummary, SUMMARY, "version", 0),
        (ProjectSummary, SUMMARY | {"score": 0}, "score", -1),
        (ProjectSummary, SUMMARY | {"score": 100}, "score", 101),
    ],
)
def test_a_value_beyond_a_bound_is_refused(
    kind: type[Model | TolerantModel], least: dict[str, Any], field: str, below: Any
) -> None:
    assert kind.model_validate(least)
    with pytest.raises(ValidationError, match=field):
        kind.model_validate(least | {field: below})
