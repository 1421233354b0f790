"""What every analyser takes and gives."""

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
        """Whether it holds tests."""
        return is_test(self.path)


class Fault(NamedTuple):
    """Something wrong at one place: the path, the 1-based line, the rule, how much it matters, and why."""

    path: str
    line: int
    rule: str
    severity: Severity
    message: str


class AnalyserFailed(Exception):
    """A tool that an analyser runs gave no answer; the message says how it ended."""


class Analyser(Protocol):
    """Reads files and finds faults. It runs in a process of its own, which may be ended at any time."""

    name: ClassVar[str]
    alone: ClassVar[bool]
    """Whether it looks at one file at a time, so that a file that ends it takes no other with it."""

    def reads(self, file: SourceFile) -> bool:
        """Return whether this is a file that it understands."""

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return the faults of files that it reads; only one file where it works alone. Any exception is a failure."""
