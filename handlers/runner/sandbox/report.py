"""Parses a test runner's report line by line; the tests run in the same process and could forge it."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from runner.sandbox.output import escape_unprintable

TestOutcome = Literal["passed", "failed", "error", "skipped"]


@dataclass(frozen=True)
class Frame:
    """A line and function of the project in a failure's traceback; the texts are safe to display."""

    path: str
    line: int
    function: str


@dataclass(frozen=True)
class TestResult:
    """The outcome of one test; its texts are safe to display, and `frames` are the project's, outermost first."""

    __test__ = False
    id: str
    outcome: TestOutcome
    seconds: float
    message: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class WrittenTest:
    """A test in a source file, and the number of its checks."""

    id: str
    path: str
    line: int
    checks: int


@dataclass(frozen=True)
class EmptiedFunction:
    """An emptied function, whether the tests called it, and whether any of them then failed."""

    name: str
    path: str
    line: int
    called: bool
    noticed: bool


@dataclass(frozen=True)
class Report:
    """The results, and in `running` the tests that started and did not end.

    It is `complete` if its last line has the number of lines before it, and `damaged` if the runner did not write one
    of them. `expected` are the tests in the source files, and `changed` what the tests replaced in their runner; both
    are empty if the runner does not report them. `emptied` are the functions that it emptied.
    """

    results: tuple[TestResult, ...]
    running: str
    complete: bool
    damaged: bool
    expected: tuple[WrittenTest, ...] = ()
    changed: tuple[str, ...] = ()
    emptied: tuple[EmptiedFunction, ...] = ()

    @property
    def not_run(self) -> tuple[str, ...]:
        """The tests without a result that are not in a class or module that was skipped as a whole."""
        reported = {remove_parameters(result.id) for result in self.results}
        skipped = [match[1] for match in map(_WHOLE.fullmatch, reported) if match]
        missing = (test.id for test in self.expected if test.id not in reported)
        return tuple(test for test in missing if not any(test.startswith(f"{whole}.") for whole in skipped))

    @classmethod
    def read(cls, content: bytes) -> "Report":
        """Parse a report of any length and content."""
        lines = _parse_lines(content)
        results, emptied, running = [], [], ""
        for line in filter(None, lines):
            if "began" in line:
                running = format_id(line["began"])
            elif "test" in line:
                results.append(_parse_result(line))
                running = ""
            elif "emptied" in line:
                emptied.append(_parse_emptied(line))
        last = lines[-1] if lines else None
        complete = last is not None and last.get("complete") == len(lines) - 1
        return cls(
            results=tuple(results),
            running=running,
            complete=complete,
            damaged=None in lines,
            expected=_parse_written(lines[0] if lines else None),
            changed=_parse_ids(last, "changed"),
            emptied=tuple(emptied),
        )


_WHOLE: Final = re.compile(r"(?:setUp(?:Class|Module) \(|unittest\.loader\.ModuleSkipped\.)([^()]+)\)?")
"""How unittest names a class or module that is skipped as a whole."""

LONGEST_ID: Final = 500

_LINES: Final = ("expects", "began", "test", "emptied", "complete")
"""The kinds of a report's lines."""


def remove_parameters(test: str) -> str:
    """Return a test's id without the parameters that pytest adds for each run."""
    return test.partition("[")[0]


def format_id(name: object) -> str:
    """Return a test's name on one line, in safe characters, shortened."""
    text = escape_unprintable(str(name)[: LONGEST_ID + 1]).replace("\n", "\\n").replace("\t", "\\t")
    return text if len(text) <= LONGEST_ID else f"{text[:LONGEST_ID]}..."


def _parse_lines(content: bytes) -> list[Mapping[str, object] | None]:
    """Return the lines of a report; None for each line without the first line's key."""
    lines = [_parse_line(line) for line in content.splitlines()]
    key = lines[0].get("key") if lines and lines[0] else None
    return [line if line and line.get("key") == key else None for line in lines]


def _parse_ids(line: Mapping[str, object] | None, name: str) -> tuple[str, ...]:
    """Return a list of names in a line."""
    names = (line or {}).get(name)
    return tuple(map(format_id, names)) if isinstance(names, list) else ()


def _parse_line(line: bytes) -> Mapping[str, object] | None:
    """Return a line of a report; None if it is invalid."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_valid = isinstance(content, dict) and not content.keys().isdisjoint(_LINES)
    return content if is_valid else None


def _parse_result(line: Mapping[str, object]) -> TestResult:
    """Return the result in a line; an unknown outcome is an error."""
    outcome, seconds = line.get("outcome"), line.get("seconds")
    outcomes: tuple[TestOutcome, ...] = get_args(TestOutcome)
    return TestResult(
        id=format_id(line["test"]),
        outcome=next((known for known in outcomes if known == outcome), "error"),
        seconds=seconds if isinstance(seconds, float) and math.isfinite(seconds) else 0.0,
        message=escape_unprintable(str(line.get("message", ""))),
        frames=tuple(Frame(path, number, name) for path, number, name in _parse_places(line.get("frames"))),
    )


def _parse_written(line: Mapping[str, object] | None) -> tuple[WrittenTest, ...]:
    """Return the tests in the first line of a report."""
    tests = (line or {}).get("expects")
    rows = tests if isinstance(tests, list) else []
    return tuple(
        WrittenTest(format_id(row[0]), format_id(row[1]), _parse_number(row[2], least=1), _parse_number(row[3]))
        for row in rows
        if isinstance(row, list) and len(row) == 4
    )


def _parse_emptied(line: Mapping[str, object]) -> EmptiedFunction:
    return EmptiedFunction(
        name=format_id(line["emptied"]),
        path=format_id(line.get("path")),
        line=_parse_number(line.get("line"), least=1),
        called=line.get("called") is True,
        noticed=line.get("noticed") is True,
    )


def _parse_places(rows: object) -> list[tuple[str, int, str]]:
    """Return the path, line and function of each row of a list."""
    valid = [row for row in rows if isinstance(row, list) and len(row) == 3] if isinstance(rows, list) else []
    return [(format_id(path), _parse_number(number, least=1), format_id(name)) for path, number, name in valid]


def _parse_number(value: object, *, least: int = 0) -> int:
    return max(least, value) if isinstance(value, int) else least
