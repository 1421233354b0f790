"""Scenario files are read, and what is wrong in one is named with its file, line and field."""

from pathlib import Path

import pytest

from scenarios.errors import InvalidScenario
from scenarios.scenario import load
from shared.models.workflow import ProjectStatus

SMALLEST = """\
name: small
description: As little as there can be.
project:
  name: Small
  requirements: A program that prints its name.
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_left_out_of_a_file_is_expected_to_complete_without_changes(tmp_path: Path) -> None:
    scenario = load(written(tmp_path, SMALLEST))
    assert scenario.changes == ()
    assert scenario.expect.status is ProjectStatus.COMPLETED
    assert (scenario.expect.files, scenario.expect.tests) == ((), "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALLEST.replace("  name: Small\n", ""), r"small\.yaml:4: project\.name: Field required"),
        (SMALLEST + "expect:\n  status: DONE\n", r"small\.yaml:7: expect\.status: Input should be 'CREATED'"),
        (SMALLEST + "expect:\n  files:\n    - a.py\n    - 7\n", r"small\.yaml:9: expect\.files\.1: .*valid string"),
        (SMALLEST + "expects: {}\n", r"small\.yaml:6: expects: Extra inputs are not permitted"),
        (SMALLEST + "changes: [requirements: a\n", r"small\.yaml:7: expected"),
        ("", r"small\.yaml:1: scenario: Input should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidScenario, match=message):
        load(written(tmp_path, text))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidScenario, match=r"none\.yaml: cannot be read \(No such file"):
        load(tmp_path / "none.yaml")
