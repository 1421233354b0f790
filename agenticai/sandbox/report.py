"""What a test runner of ours reported, line by line, from a process that the tests could write to themselves."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from agenticai.sandbox.output import shown

Outcome = Literal["passed", "failed", "error", "skipped"]


@dataclass(frozen=True)
class TestResult:
    """How one test ended; `id` and `message` are safe to show."""

    __test__ = False
    id: str
    outcome: Outcome
    seconds: float
    message: str


@dataclass(frozen=True)
class Report:
    """The results, and in `running` what had begun and not ended.

    It is `complete` if its last line says how many lines come before it, and `damaged` if one of them is none of ours.
    """

    results: tuple[TestResult, ...]
    running: str
    complete: bool
    damaged: bool

    @classmethod
    def read(cls, content: bytes) -> "Report":
        """Read a report of any length and content."""
        lines = [_line(line) for line in content.splitlines()]
        results, running = [], ""
        for line in filter(None, lines):
            if "began" in line:
                running = shown_id(line["began"])
            elif "test" in line:
                results.append(_result(line))
                running = ""
        last = lines[-1] if lines else None
        complete = last is not None and last.get("complete") == len(lines) - 1
        return cls(tuple(results), running, complete, damaged=None in lines)


LONGEST_ID: Final = 500


def shown_id(name: object) -> str:
    """Return a test's name on one line, in characters that are safe to show, and shortened."""
    text = shown(str(name)[: LONGEST_ID + 1]).replace("\n", "\\n").replace("\t", "\\t")
    return text if len(text) <= LONGEST_ID else f"{text[:LONGEST_ID]}..."


def _line(line: bytes) -> Mapping[str, object] | None:
    """A line of a report; None where it is none."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    ours = isinstance(content, dict) and not content.keys().isdisjoint(("began", "test", "complete"))
    return content if ours else None


def _result(line: Mapping[str, object]) -> TestResult:
    """The result in a line; what is none that we know is an error."""
    outcome, seconds = line.get("outcome"), line.get("seconds")
    outcomes: tuple[Outcome, ...] = get_args(Outcome)
    return TestResult(
        id=shown_id(line["test"]),
        outcome=next((known for known in outcomes if known == outcome), "error"),
        seconds=seconds if isinstance(seconds, float) and math.isfinite(seconds) else 0.0,
        message=shown(str(line.get("message", ""))),
    )
