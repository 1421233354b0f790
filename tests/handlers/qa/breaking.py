"""Analysers that break in every way in which a process can."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import ClassVar

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity


class Breaking:
    """Does what the file's text says to its process."""

    name: ClassVar[str] = "breaking"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        return file.path != "skipped"

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        (file,) = files
        match file.text:
            case "raise":
                raise ValueError("no")
            case "exit":
                sys.exit(2)
            case "abort":
                os.abort()
            case "loop":
                while True:
                    pass
            case "eat":
                return [Fault(file.path, len(bytearray(4 * 1024**3)), "eaten", Severity.INFO, "")]
            case "print":
                print("not an answer")  # noqa: T201 - what a tool may do
        return [Fault(file.path, 1, "read", Severity.INFO, os.environ.get("AWS_SECRET_ACCESS_KEY", ""))]


class BreakingTogether(Breaking):
    """The same, over all files at once."""

    name: ClassVar[str] = "together"
    alone: ClassVar[bool] = False

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        return [fault for file in files for fault in super(BreakingTogether, self).check([file])]
