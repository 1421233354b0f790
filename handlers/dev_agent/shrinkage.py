"""Checks whether a modified file lost content without being asked to.

A file of at least 20 lines is suspicious if more than half of its lines are gone and more than half of its top-level
definitions are neither in it nor in another file of the same answer; without such definitions, if more than two thirds
of its lines are gone. Nothing is suspicious if the task mentions making the file smaller. Blank lines and lines
without letters or digits, such as a closing brace, are not counted.
"""

import re
from collections.abc import Iterable
from typing import Final

_SMALLEST: Final = 20
_DEFINITION: Final = re.compile(
    r"^(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|async|pub(?:\([a-z]+\))?|unsafe|"
    r"extern|declare|inline|data|open|override)\s+){0,6}"
    r"(?:def|class|function\*?|func(?:\s*\([^)\n]*\))?|fn|fun|interface|type|struct|enum|trait|impl|record|object|module|"
    r"const|let|var|val|static|namespace|CREATE\s+(?:TABLE|VIEW|FUNCTION|INDEX))\s+(?P<name>[\w$.]+)",
    re.MULTILINE | re.IGNORECASE,
)
_SMALLER: Final = re.compile(
    r"\b(?:remov|delet|drop|shorten|simplif|split|mov|extract|replac|rewrit|rewrot|reduc|trim|clean|strip|merg|refactor|"
    r"shrink|slim|prun|consolidat|restructur|migrat|convert|eliminat|unus|dead\s+code|deduplicat|cut)",
    re.IGNORECASE,
)


def find_shrinkage(previous: str, content: str, others: Iterable[str], purpose: str) -> str | None:
    """Return what a file lost unexpectedly, in words for the model; None if nothing notable.

    `others` are the texts of the answer's other files, `purpose` everything that the task says about the file.
    """
    before, after = _count_lines(previous), _count_lines(content)
    if before < _SMALLEST or after >= before / 2 or _SMALLER.search(purpose):
        return None
    defined = _find_definitions(previous)
    lost = sorted(defined - _find_definitions(content).union(*map(_find_definitions, others)))
    if len(lost) <= len(defined) / 2 if defined else after >= before / 3:
        return None
    return f"it had {before} lines and has {after}" + (f", without {', '.join(lost[:8])}" if lost else "")


def _count_lines(text: str) -> int:
    return sum(any(char.isalnum() for char in line) for line in text.split("\n"))


def _find_definitions(text: str) -> set[str]:
    return {match["name"] for match in _DEFINITION.finditer(text)}
