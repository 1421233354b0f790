"""Finds invisible characters that make a text mean something else than it shows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity

RULE: Final = "hidden-text"

# Bidirectional controls, which can show code in another order than it runs (CVE-2021-42574).
_DIRECTIONS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OPENING: Final = re.compile("[\u202a\u202b\u202d\u202e\u2066-\u2068]")
# Unicode tags are an invisible copy of ASCII; their only use is in regional flags, after a black flag.
_TAGS: Final = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]")
_PROSE: Final = frozenset({"markdown", "text"})
_DATA: Final = frozenset({"html", "xml", "json", "yaml"})


class HiddenText:
    """Checks every file for invisible characters."""

    name: ClassVar[str] = "hidden-text"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return True: any file may hide something."""
        return True

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return a fault for each line; bidirectional controls are allowed in prose and, if closed, in data."""
        return [fault for file in files for fault in _find_faults(file)]


def _find_faults(file: SourceFile) -> Iterator[Fault]:
    for number, line in enumerate(file.text.split("\n"), start=1):
        match = _TAGS.search(line) or (None if _is_allowed(file, line) else _DIRECTIONS.search(line))
        if match:
            advice = "is not what it seems to be: write it as an escape, or take it out"
            yield Fault(
                file.path, number, RULE, Severity.ERROR, f"a line with the character U+{ord(match[0]):04X} {advice}"
            )


def _is_allowed(file: SourceFile, line: str) -> bool:
    marks = _DIRECTIONS.findall(line)
    closed = 2 * len(_OPENING.findall(line)) == len(marks)
    return not marks or file.language in _PROSE or (file.language in _DATA and closed)
