"""The interface of all analysers: their input and output."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

from shared.models.severity import Severity
from shared.source_files import is_test


@dataclass(frozen=True)
class SourceFile:
    """A file of the project: its path, its language as `shared.source_files` names it, and its text."""

    path: str
    language: str
    text: str

    @property
    def is_test(self) -> bool:
        """Whether it contains tests."""
        return is_test(self.path)


class Fault(NamedTuple):
    """A fault at one place: the path, the 1-based line, the rule, the severity, and a message."""

    path: str
    line: int
    rule: str
    severity: Severity
    message: str


class AnalyserFailed(Exception):
    """A tool that an analyser runs failed; the message says how it ended."""


class Analyser(Protocol):
    """Reads files and finds faults. It runs in a process of its own, which may be killed at any time."""

    name: ClassVar[str]
    alone: ClassVar[bool]
    """Whether it checks one file at a time, so that a file that crashes it affects no other file."""

    def reads(self, file: SourceFile) -> bool:
        """Return whether it can check this file."""

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return the faults of files that it reads; only one file if it works `alone`. Any exception is a failure."""
