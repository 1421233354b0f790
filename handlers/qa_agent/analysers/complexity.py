"""Measures cyclomatic complexity with lizard, in all of its languages but Python, which ruff measures."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity

COMPLEX: Final = 15
"""Lizard's own limit for a function; lizard counts each `case`, unlike McCabe with the limit of 10."""

_LANGUAGES: Final = frozenset(
    {"javascript", "typescript", "go", "java", "rust", "c", "cpp", "ruby", "kotlin", "csharp", "php"}
)


class Complexity:
    """Measures each function outside of tests."""

    name: ClassVar[str] = "lizard"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return whether lizard supports its language."""
        return file.language in _LANGUAGES and not file.is_test

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return the functions that are too complex to test."""
        import lizard

        return [
            Fault(
                file.path,
                max(1, function.start_line),
                "complexity",
                Severity.WARNING,
                f"{function.name} has a cyclomatic complexity of {function.cyclomatic_complexity} (> {COMPLEX})",
            )
            for file in files
            for function in lizard.analyze_file.analyze_source_code(file.path, file.text).function_list
            if function.cyclomatic_complexity > COMPLEX
        ]
