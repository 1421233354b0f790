"""The score: three parts with fixed weights, of which only those that could be measured count.

score = 100 x sum(points of measured parts) / sum(weights of measured parts)

| part          | weight | points                                                                 |
|---------------|--------|------------------------------------------------------------------------|
| syntax        | 60     | weight x files that parse / files that a parser read                    |
| tests         | 25     | weight x min(1, test lines / (half of the code lines))                  |
| documentation | 15     | weight if there is a README with ten words or more, else none           |

A revision passes with 70 points or more and no finding of severity error.
"""

from collections.abc import Mapping
from typing import Final

from shared.models.quality import Finding, ScorePart, Severity
from shared.source_files import TEXT, is_test, language_of

PASSING_SCORE: Final = 70.0
_DATA: Final = frozenset({"json", "yaml", "toml", "ini", "xml", "markdown", TEXT})


def parts_of(
    files: Mapping[str, str], findings: tuple[Finding, ...], measured: tuple[str, ...]
) -> tuple[ScorePart, ...]:
    """The parts of the score of these files (text by path)."""
    return (_syntax(findings, measured), _tests(files), _documentation(files))


def total(parts: tuple[ScorePart, ...]) -> float:
    """The score of 0 to 100, to one decimal; 0 where nothing could be measured."""
    weight = sum(part.weight for part in parts if part.measured)
    return round(100 * sum(part.points for part in parts if part.measured) / weight, 1) if weight else 0.0


def passes(score: float, findings: tuple[Finding, ...]) -> bool:
    """Whether a revision goes on to be packaged."""
    return score >= PASSING_SCORE and not any(finding.severity is Severity.ERROR for finding in findings)


def _syntax(findings: tuple[Finding, ...], measured: tuple[str, ...]) -> ScorePart:
    broken = {finding.path for finding in findings if finding.rule == "syntax"}
    if not measured:
        return _part("syntax", 60, None, "no file is in a language that is measured")
    share = 1 - len(broken) / len(measured)
    return _part("syntax", 60, share, f"{len(measured) - len(broken)} of {len(measured)} files parse")


def _tests(files: Mapping[str, str]) -> ScorePart:
    code = {path: text for path, text in files.items() if language_of(path, text) not in _DATA}
    lines = sum(_lines(text) for path, text in code.items() if not is_test(path))
    tests = sum(_lines(text) for path, text in code.items() if is_test(path))
    if not lines:
        return _part("tests", 25, None, "there is no code to test")
    return _part("tests", 25, min(1.0, tests / (lines / 2)), f"{tests} lines of tests for {lines} lines of code")


def _documentation(files: Mapping[str, str]) -> ScorePart:
    readme = next((text for path, text in files.items() if path.lower().startswith("readme")), "")
    words = len(readme.split())
    return _part("documentation", 15, float(words >= 10), f"the README has {words} words")


def _part(name: str, weight: float, share: float | None, explanation: str) -> ScorePart:
    points = round(weight * (share or 0.0), 2)
    return ScorePart(name=name, weight=weight, points=points, measured=share is not None, explanation=explanation)


def _lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())
