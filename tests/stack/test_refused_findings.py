"""Accepted findings of checkov: each has a reason and an existing resource; and how findings are compared."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from agenticai.stack.template import Template
from tests.stack.transformed import transform_template

ROOT = Path(__file__).parents[2]
REFUSED: dict[str, Any] = yaml.safe_load((ROOT / "stack" / "refused_findings.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def checkov() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checkov_of_ci", ROOT / ".ci" / "checkov.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    made: dict[str, Any] = transform_template(Template.load(), {})["Resources"]
    return made


@pytest.mark.parametrize("check", sorted(REFUSED))
def test_each_is_of_a_resource_that_there_is_and_has_a_reason(check: str, resources: dict[str, Any]) -> None:
    refused = REFUSED[check]
    assert set(refused) == {"resources", "reason"}
    assert set(refused["resources"]) <= set(resources)
    assert refused["reason"].endswith(".")


REPORT = {
    "results": {
        "failed_checks": [
            {"check_id": "CKV_AWS_18", "resource": "AWS::S3::Bucket.Bucket"},
            {"check_id": "CKV_AWS_116", "resource": "AWS::Lambda::Function.ApiFunction"},
        ]
    }
}


@pytest.mark.parametrize(
    ("refused", "told", "status"),
    [
        ("CKV_AWS_18: {resources: [Bucket]}\nCKV_AWS_116: {resources: [ApiFunction]}", "2 findings, 2 refused.", 0),
        ("CKV_AWS_18: {resources: [Bucket]}", "New: CKV_AWS_116 of ApiFunction\n2 findings, 1 refused.", 1),
        (
            "CKV_AWS_18: {resources: [Bucket, Other]}\nCKV_AWS_116: {resources: [ApiFunction]}",
            "Not found any more: CKV_AWS_18 of Other\n2 findings, 3 refused.",
            1,
        ),
    ],
)
def test_new_findings_and_old_refusals_are_told(checkov: ModuleType, refused: str, told: str, status: int) -> None:
    assert checkov.compare(checkov.read_findings(REPORT), checkov.read_refused(refused)) == (told, status)


def test_the_script_is_asked_for_by_the_makefile() -> None:
    assert ".ci/checkov.py" in (ROOT / "Makefile").read_text("utf-8")
    assert Path(ROOT / ".ci" / "checkov.py").exists()
