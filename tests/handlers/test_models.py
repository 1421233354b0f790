"""The models are consistent: each default is valid for its field, and limits agree with their documentation."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared import models
from shared.models.base import Model, TolerantModel
from shared.models.messages import PlanRequested, TaskReady
from shared.models.plan import PlannedTask
from shared.models.project import ProjectSummary, Revision, StoredObject
from shared.models.quality import Finding, QualityReport, ScorePart
from shared.models.records import ChangeRecord, PlanRecord, TestRecord
from shared.models.runs import Emptied, ProjectFrame, TestedTest, TestsRun

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
OBJECT = {"key": "k", "size": 0, "sha256": "0" * 64}
SUMMARY = {
    "id": "0" * 26, "name": "n", "status": "CREATED", "revision": {"build": 1}, "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z", "version": 1,
}  # fmt: skip


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
