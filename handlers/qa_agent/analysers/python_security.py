"""Grades the findings of ruff's S rules: by the code at its place, an exploitable finding is an error."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from qa_agent.analysers.python_scope import read_tree
from shared.models.severity import Severity

SECRETIVE: Final = re.compile(
    r"passw|passwd|pwd|secret|token|session|nonce|otp\b|otp_|salt|api_?key|csrf|credential|private_?key|invite|reset_?code"
    r"|\bpin\b",
    re.IGNORECASE,
)
PASSWORD: Final = re.compile(r"passw|passwd|pwd|credential|\bpin\b", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(
    r"change[_-]?me|your|example|placeholder|dummy|<|>|\$\{|\{|xxx|\*\*\*|\.\.\.|^(?:test|none|null|true|false)$|://|\s",
    re.IGNORECASE,
)
# A path, an option, a selector, or words joined by punctuation.
_NAME: Final = re.compile(r"[/.#-]|[a-z]+(?:[-_.:][a-z]+)+$")
_KINDS: Final = ("[a-zA-Z]", r"\d", r"[^\w]")
_LEAST: Final = 6
"""The minimum length of a text that may be a real password."""


class Location(NamedTuple):
    """The range of a finding: 1-based lines and columns, excluding the end."""

    row: int
    column: int
    end_row: int
    end_column: int


class Place(NamedTuple):
    """The place of a finding: the smallest node around it, its ancestors from the inside out, and the message."""

    node: ast.AST | None
    around: tuple[ast.AST, ...]
    message: str


def judge(rule: str, message: str, text: str, location: Location) -> Severity | None:
    """Return a finding's severity; None if it is not a fault at this place."""
    decide = _RULES.get(rule)
    if rule in _SURE:
        return Severity.ERROR
    return decide(_find_place(text, location, message)) if decide else Severity.WARNING


def _find_place(text: str, location: Location, message: str) -> Place:
    tree = _parse_module(text)
    enclosing: list[ast.AST] = []
    node: ast.AST | None = tree
    start = _convert_position(text, location.row, location.column)
    end = _convert_position(text, location.end_row, location.end_column)
    while node is not None:
        enclosing.append(node)
        if isinstance(node, ast.JoinedStr):
            break  # its parts have locations of their own only since Python 3.12
        node = next((child for child in ast.iter_child_nodes(node) if _holds(child, start, end)), None)
    innermost_first = tuple(reversed(enclosing))
    return Place(innermost_first[0] if innermost_first else None, innermost_first, message)


@lru_cache(maxsize=4)
def _parse_module(text: str) -> ast.Module | None:
    return read_tree(text)


def _convert_position(text: str, row: int, column: int) -> tuple[int, int]:
    """Return the position as in Python's syntax trees: the column in bytes, from 0."""
    lines = text.split("\n")
    line = lines[row - 1] if row <= len(lines) else ""
    return row, len(line[: column - 1].encode("utf-8", "replace"))


def _holds(node: ast.AST, start: tuple[int, int], end: tuple[int, int]) -> bool:
    if isinstance(node, ast.stmt | ast.expr | ast.keyword | ast.arg | ast.excepthandler):
        node_end = (node.end_lineno or 0, node.end_col_offset or 0)
        return (node.lineno, node.col_offset) <= start and node_end >= end
    is_container = isinstance(node, ast.withitem | ast.match_case | ast.comprehension | ast.arguments)
    return is_container and any(_holds(child, start, end) for child in ast.iter_child_nodes(node))


def _find_call(place: Place) -> ast.Call | None:
    return next((node for node in place.around if isinstance(node, ast.Call)), None)


def _grade_shell_command(place: Place) -> Severity:
    """Grade a shell command: ruff's message tells whether the command is constant."""
    return Severity.WARNING if "seems safe" in place.message else Severity.ERROR


def _grade_evaluation(place: Place) -> Severity:
    """Grade `eval` and `exec`: with a constant argument they are only a warning."""
    call = _find_call(place)
    constant = call is not None and bool(call.args) and isinstance(call.args[0], ast.Constant)
    return Severity.WARNING if constant else Severity.ERROR


def _grade_unpickling(place: Place) -> Severity:
    """Grade unpickling: bytes come from outside, while a file may be the program's own."""
    call = _find_call(place)
    loads = call is not None and ast.unparse(call.func).rpartition(".")[2] in {"loads", "Unpickler"}
    return Severity.ERROR if loads else Severity.WARNING


def _grade_sql(place: Place) -> Severity:
    """Grade SQL: inserted values are errors, except constants by name and lists of placeholders."""
    parts = list(_find_inserted(place.node)) if place.node is not None else []
    return Severity.ERROR if any(not _is_harmless(part) for part in parts) else Severity.WARNING


def _find_inserted(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the parts of a string that are not constant."""
    match node:
        case ast.JoinedStr(values=values):
            yield from (value.value for value in values if isinstance(value, ast.FormattedValue))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _find_inserted(left)
            yield from _find_inserted(right)
        case ast.BinOp(op=ast.Mod(), right=ast.Tuple(elts=values)):
            yield from values
        case ast.BinOp(op=ast.Mod(), right=value):
            yield value
        case ast.Call(func=ast.Attribute(attr="format"), args=values, keywords=keywords):
            yield from values
            yield from (keyword.value for keyword in keywords)
        case ast.Constant():
            return
        case ast.expr():
            yield node


def _is_harmless(part: ast.expr) -> bool:
    if isinstance(part, ast.Constant):
        return True
    name = ast.unparse(part).rpartition(".")[2]
    joined = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "join"
    return name.isupper() or joined or "placeholder" in name.lower() or "table" in name.lower()


def _grade_weak_hash(place: Place) -> Severity:
    """Grade weak hashes: acceptable for checksums, wrong for passwords."""
    return Severity.ERROR if PASSWORD.search(_find_words_around(place)) else Severity.WARNING


def _grade_pseudo_random(place: Place) -> Severity | None:
    """Grade pseudo-random numbers: acceptable for games and samples, wrong for secrets."""
    return Severity.ERROR if SECRETIVE.search(_find_words_around(place)) else None


def _find_words_around(place: Place) -> str:
    """Return the simple statement or expression around a place, and the name of the enclosing function."""
    words: list[str] = []
    for node in place.around:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return " ".join([*words, node.name])
        if isinstance(node, ast.expr) or not hasattr(node, "body"):
            words = [ast.unparse(node)] if isinstance(node, ast.expr | ast.stmt) else words
    return " ".join(words)


def _grade_hard_coded_password(place: Place) -> Severity:
    """Grade hard-coded passwords: words may be names or placeholders; letters with digits or symbols are passwords."""
    values = [node.value for node in ast.walk(place.node) if isinstance(node, ast.Constant)] if place.node else []
    texts = [value for value in values if isinstance(value, str)]
    return Severity.ERROR if any(map(_is_password, texts)) else Severity.WARNING


def _is_password(text: str) -> bool:
    kinds = sum(bool(re.search(kind, text)) for kind in _KINDS)
    return len(text) >= _LEAST and kinds >= 2 and not _PLACEHOLDER.search(text) and not _NAME.match(text)


# Always errors: unchecked certificates, and YAML that constructs objects.
_SURE: Final = frozenset({"S323", "S501", "S506", "S507"})
_RULES: Final[Mapping[str, Callable[[Place], Severity | None]]] = {
    "S102": _grade_evaluation,
    "S105": _grade_hard_coded_password,
    "S106": _grade_hard_coded_password,
    "S107": _grade_hard_coded_password,
    "S301": _grade_unpickling,
    "S307": _grade_evaluation,
    "S311": _grade_pseudo_random,
    "S324": _grade_weak_hash,
    "S602": _grade_shell_command,
    "S604": _grade_shell_command,
    "S605": _grade_shell_command,
    "S608": _grade_sql,
}
