"""docs/quality-score.md agrees with the code."""

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from qa_agent import analysers
from qa_agent.analysers import complexity, javascript_modules, ruff, syntax
from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysis import analyse
from qa_agent.evidence import Evidence
from qa_agent.scoring import (
    ENOUGH_TESTS,
    ENOUGH_WORDS,
    LEAST_LINES,
    PASSING_SCORE,
    PENALTIES,
    TOLERANCE,
    WEIGHTS,
    score_parts,
)
from shared.models.project import Revision
from shared.models.runs import TestedTest, TestsRun
from shared.models.severity import Severity
from shared.source_files import TEXT
from tests.handlers.qa.test_analysis import README

PAGE = (Path(__file__).parents[3] / "docs" / "quality-score.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
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


def find_rules() -> set[str]:
    """Return the names of rules in analysers' constants; ruff has its own."""
    modules = [import_module(f"{analysers.__name__}.{found.name}") for found in iter_modules(analysers.__path__)]
    constants = [value for module in modules for name, value in vars(module).items() if re.fullmatch("[A-Z]+", name)]
    words = {value for value in constants if isinstance(value, str) and re.fullmatch("[a-z-]+", value)}
    return words - {javascript_modules.DEFAULT, TEXT}


def test_every_rule_is_told_and_costs_points() -> None:
    rules = find_rules()
    assert len(rules) > 15
    assert rules <= {name for rule, _, _ in rows("Severities") for name in re.findall(r"`([a-z-]+)`", rule)}
    code = [SourceFile("a.py", "python", "x = 1\n")]
    full = score_parts(code, [], {"a.py"})
    faults = [Fault("a.py", 1, rule, Severity.ERROR, "") for rule in rules]
    free = [fault.rule for fault in faults if score_parts(code, [fault], {"a.py"}) == full]
    assert free == [syntax.DOUBT]  # its file counts as not measured


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
