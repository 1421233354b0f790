"""The audit of the locked packages distinguishes: index not reachable, nothing found, and something found."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", Path(__file__).parents[1] / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SKIPPED: dict[str, Any] = {"name": "a", "skip_reason": "not found"}
CLEAN: dict[str, Any] = {"name": "b", "version": "1", "vulns": []}
AFFECTED: dict[str, Any] = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("dependencies", "text", "status"),
    [
        ([SKIPPED, SKIPPED], "No source of advisories is in reach: none of the 2 packages was audited.", 0),
        ([SKIPPED, CLEAN], "1 of 2 packages audited, 0 advisories.", 0),
        ([CLEAN, AFFECTED], "c 2: PYSEC-1, fixed in 3\n2 of 2 packages audited, 1 advisories.", 1),
    ],
)
def test_what_is_told(audit: ModuleType, dependencies: list[dict[str, Any]], text: str, status: int) -> None:
    assert audit.summary(dependencies) == (text, status)
