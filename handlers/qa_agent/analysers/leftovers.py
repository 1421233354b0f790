"""Finds remains of a model's answer that no strict parser reports: code fences, edit marks, diffs, introductions."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import ClassVar, Final, NamedTuple

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity
from shared.source_files import TEXT

RULE: Final = "leftover"

_PARSED: Final = frozenset(
    {"python", "javascript", "typescript", "go", "java", "rust", "c", "cpp", "json", "toml", "xml", "sql", "bash"}
)
"""Languages whose parsers report most leftovers themselves."""

_PROSE_SUFFIXES: Final = frozenset({".txt", ".rst", ".adoc", ".log", ".prompt"})
_REQUIREMENTS: Final = re.compile(
    r"(?:^|/)(?:requirements|constraints)[\w.-]*\.(?:txt|in)$|(?:^|/)requirements/[\w.-]+\.txt$"
)
_DOCKERFILE: Final = re.compile(
    r"(?:FROM|ARG|ADD|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER"
    r"|VOLUME|WORKDIR|#)(?:\s|$)",
    re.IGNORECASE,
)
_REQUIREMENT: Final = re.compile(
    r"#|-|[\w.+-]+://|[./~]|[A-Za-z0-9][\w.-]*\s*(?:\[[\w\s,.-]*\])?\s*(?:$|[<>=!~;#\\@(]|--)|\$\{|\{[{%]"
)
_FENCE: Final = re.compile(r"(?:```|~~~)[\w+-]*\s*")
_INTRODUCTION: Final = re.compile(
    r"(?:sure|certainly|of course|absolutely|great)[!,.]?\s.*"
    r"|(?:here(?:'s|\u2019s| is| are)|below (?:is|are)|the following)\b.*:\s*",
    re.IGNORECASE,
)
_CONFLICT: Final = re.compile(r"^<{5,9}(?: .*)?\n(?:.*\n)*?={5,9}\n(?:.*\n)*?>{5,9}(?: .*)?$", re.MULTILINE)
_DIFF: Final = re.compile(r"(?:diff --git .*\n(?:.*\n){0,4})?--- .*\n\+\+\+ .*\n@@ ")
_HUNK: Final = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_TAG: Final = re.compile(r"<[a-zA-Z!?]")
_ESCAPED_TAG: Final = re.compile(r"&lt;[a-zA-Z!/]")
_LINE_ENDS: Final = 3
"""How many line ends written as `\\n` make a one-line file suspicious."""


class Place(NamedTuple):
    """The 1-based line of a leftover, and what it is."""

    line: int
    message: str


class Leftovers:
    """Checks files without a parser, and lenient formats."""

    name: ClassVar[str] = "leftovers"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return whether no strict parser reads its language, or it has only one line."""
        return file.language not in _PARSED or not file.text.count("\n")

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return the first leftover of each kind."""
        return [
            Fault(file.path, place.line, RULE, Severity.ERROR, place.message)
            for file in files
            for place in _find_places(file)
        ]


def _find_places(file: SourceFile) -> Iterator[Place]:
    for find in (_find_line_ends,) if file.language in _PARSED else _KINDS:
        place = find(file)
        if place:
            yield place


def _find_conflict(file: SourceFile) -> Place | None:
    """Return the marks of a merge conflict or an edit; a fenced block in Markdown may show them."""
    text = _remove_code_blocks(file.text) if file.language == "markdown" else file.text
    match = _CONFLICT.search(text.replace("\r\n", "\n"))
    return (
        Place(_find_line(text, match.start()), "marks of a conflict or an edit were left in the file")
        if match
        else None
    )


def _find_fence(file: SourceFile) -> Place | None:
    """Return a code fence around the whole file, or an unpaired one."""
    if file.language == "markdown":
        return None
    lines = file.text.split("\n")
    fences = [number for number, line in enumerate(lines, start=1) if _FENCE.fullmatch(line.strip())]
    filled = [number for number, line in enumerate(lines, start=1) if line.strip()]
    if fences and (len(fences) % 2 or (fences[0] == filled[0] and fences[-1] == filled[-1])):
        return Place(fences[-1], "a code fence was left in the file")
    return None


def _find_introduction(file: SourceFile) -> Place | None:
    """Return an introductory sentence that is not part of the file."""
    if _is_prose(file):
        return None
    lines = ((number, line.strip()) for number, line in enumerate(file.text.split("\n"), start=1))
    number, first = next(((number, line) for number, line in lines if line), (1, ""))
    return Place(number, "an introduction was left in the file") if _INTRODUCTION.fullmatch(first) else None


def _find_foreign_line(file: SourceFile) -> Place | None:
    """Return a Dockerfile's first line if it is not an instruction, or a line of requirements that is not one."""
    if file.language == "dockerfile":
        lines = [(number, line.strip()) for number, line in enumerate(file.text.split("\n"), start=1) if line.strip()]
        if lines and not _DOCKERFILE.match(lines[0][1].removeprefix("\ufeff")):
            return Place(lines[0][0], "is no instruction of a Dockerfile")
    if _REQUIREMENTS.search(file.path.lower()):
        continued = False
        for number, line in enumerate(file.text.removeprefix("\ufeff").split("\n"), start=1):
            if line.strip() and not continued and not _REQUIREMENT.match(line.strip()):
                return Place(number, "is no requirement")
            continued = line.rstrip().endswith("\\")
    return None


def _find_diff(file: SourceFile) -> Place | None:
    """Return a diff in place of the file."""
    if file.language in {"diff", "markdown"} or _is_prose(file) or file.is_test:
        return None
    text = file.text.lstrip().replace("\r\n", "\n")
    is_diff = _DIFF.match(text) or (text.startswith(("@@ ", "diff --git ")) and _HUNK.search(text))
    return Place(1, "is a diff, not the file itself") if is_diff else None


def _find_escapes(file: SourceFile) -> Place | None:
    """Return HTML in which every tag is escaped."""
    escaped = file.language == "html" and not _TAG.search(file.text) and _ESCAPED_TAG.search(file.text)
    return Place(_find_line(file.text, escaped.start()), "all of its tags are escaped") if escaped else None


def _find_line_ends(file: SourceFile) -> Place | None:
    r"""Return line ends written as `\n` in a file of one line; in minified code and data they belong to strings."""
    text = file.text.strip()
    begins_with_comment = text.startswith(("#", "//", "/*"))
    if (
        "\n" in text
        or text.startswith(("{", "["))
        or text.count("\\n") < _LINE_ENDS
        or not (begins_with_comment or file.language not in _PARSED)
    ):
        return None
    return Place(1, "its line ends are written as two characters, \\ and n")


_KINDS: Final[tuple[Callable[[SourceFile], Place | None], ...]] = (
    _find_conflict, _find_fence, _find_introduction, _find_foreign_line, _find_diff, _find_escapes, _find_line_ends,
)  # fmt: skip


def _is_prose(file: SourceFile) -> bool:
    if file.language == "markdown":
        return True
    suffix = PurePosixPath(file.path).suffix.lower()
    return file.language == TEXT and suffix in _PROSE_SUFFIXES and not _REQUIREMENTS.search(file.path.lower())


def _remove_code_blocks(text: str) -> str:
    """Return Markdown without its fenced and indented code, with unchanged line numbers."""
    in_block, lines = False, []
    for line in text.split("\n"):
        fence = line.lstrip().startswith(("```", "~~~"))
        lines.append("" if in_block or fence or line.startswith(("    ", "\t")) else line)
        in_block ^= fence
    return "\n".join(lines)


def _find_line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
