"""docs/quality-score.md says what the code does."""

import re
from pathlib import Path

import pytest

from qa_agent.analysers import complexity, ruff, syntax
from qa_agent.analysis import analyse
from qa_agent.evidence import Evidence
from qa_agent.scoring import ENOUGH_TESTS, ENOUGH_WORDS, LEAST_LINES, PASSING_SCORE, PENALTIES, TOLERANCE, WEIGHTS
from shared.models.project import Revision
from shared.models.runs import TestedTest, TestsRun
from shared.models.severity import Severity
from tests.handlers.qa.test_analysis import README

PAGE = (Path(__file__).parents[3] / "docs" / "quality-score.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.split("\n") if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_weights() -> None:
    assert {part: float(weight) for part, weight, _ in rows("The formula")} == WEIGHTS
    assert sum(WEIGHTS.values()) == 100


@pytest.mark.parametrize(
    "sentence",
    [
        f"a score of at least {PASSING_SCORE:g}",
        f"({ENOUGH_TESTS} \u00d7 lines of code)",
        f"README of {ENOUGH_WORDS} words or more",
        f"A penalty is {PENALTIES[Severity.ERROR]} for an error, {PENALTIES[Severity.WARNING]} for a warning, "
        f"{PENALTIES[Severity.INFO]} for info",
        f"and {TOLERANCE} of them take all points",
        f"fewer than {LEAST_LINES} lines",
        f"has at most {100 - WEIGHTS['syntax']} points",
        f"complexity above {ruff.COMPLEX}",
        f"above {complexity.COMPLEX} |",
    ],
)
def test_the_numbers(sentence: str) -> None:
    assert sentence in " ".join(PAGE.split())


def test_the_severities() -> None:
    told = {rule: severity for rule, severity, _ in rows("Severities")}
    errors = re.findall(r"`(\w+)`", next(rule for rule in told if "F50" in rule))
    assert tuple(errors) == ruff.ERRORS
    assert told[f"`{syntax.SYNTAX}`"] == Severity.ERROR
    assert told[f"`{syntax.DOUBT}`"] == Severity.WARNING


def test_every_language_is_named() -> None:
    names = {"javascript": "JavaScript", "typescript": "TypeScript", "cpp": "C++", "sql": "SQL", "html": "HTML"}
    named = ", ".join(language for language, _ in rows("How each language is read")).casefold()
    assert [name for name in syntax.LANGUAGES if names.get(name, name).casefold() not in named] == []


def test_the_example() -> None:
    code = "import os\n\npassword = 'hunter'\n" + "".join(f"x{number} = {number}\n" for number in range(58))
    tests = "".join(f"y{number} = {number}\n" for number in range(40))
    passed = [TestedTest(id=f"test_a.test_{name}", outcome="passed", path="test_a.py", checks=1) for name in "ab"]
    evidence = Evidence(runs=(TestsRun(language="python", tests=tuple(passed), collected=2),))
    report = analyse(Revision(build=1), {"a.py": code, "test_a.py": tests, "README.md": README}, evidence)
    told = {part: float(points) for part, points, _ in rows("An example")}
    assert {part.name: part.points for part in report.parts} == told
    assert f"= **{report.score:g}**" in PAGE
