"""Parses SQL with sqlglot: as the dialect is unknown, a statement is valid if any common dialect accepts it."""

import logging
import re
from collections.abc import Iterable, Iterator
from typing import Final

import sqlglot
from sqlglot.errors import ParseError, SqlglotError

from qa_agent.analysers.syntax import Place

_DIALECTS: Final = ("postgres", "mysql", "sqlite", "tsql", "oracle", "bigquery", "snowflake")
# Statements that contain others, client commands, and templates: sqlglot does not claim to parse them.
_BEYOND: Final = re.compile(
    r"^\s*(?:\\\w|DELIMITER\b|GO\s*$|CREATE\s+(?:OR\s+\w+\s+)?(?:DEFINER\s*=\s*\S+\s+)?"
    r"(?:FUNCTION|PROCEDURE|TRIGGER|PACKAGE|RULE|EVENT)\b|DO\s+\$|BEGIN\b|DECLARE\b|COPY\b)|\{\{|\{%",
    re.IGNORECASE | re.MULTILINE,
)
# Whether a backslash escapes a quote depends on the dialect: the first pattern if it does, the second if not.
_TOKENS: Final = tuple(
    re.compile(
        rf"""--[^\n]*|/\*.*?\*/|{text}|"[^"]*"|`[^`]*`|\$(\w*)\$.*?\$\1\$|(?P<end>;)|(?P<open>\()|(?P<close>\))|.""",
        re.DOTALL,
    )
    for text in (r"'(?:''|\\.|[^'\\])*'", "'[^']*'")
)
_LINE: Final = re.compile(r"[Ll]ine (\d+)")


def parse(text: str) -> Iterable[Place]:
    """Return the first fault of each statement that no dialect accepts, from the dialect that got furthest."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    brackets = [_check_brackets(text, token) for token in _TOKENS]
    if all(brackets):
        return filter(None, brackets[:1])
    if not _check_text(text):
        return ()
    in_doubt = bool(_BEYOND.search(text))
    places = (
        place._replace(line=place.line + line - 1)
        for line, statement in _split_statements(text)
        if (place := _check_text(statement))
    )
    return [place._replace(in_doubt=in_doubt) for place in places]


def _check_brackets(text: str, token: re.Pattern[str]) -> Place | None:
    """Return the unmatched bracket, which sqlglot ignores in statements that it only passes on."""
    opened: list[int] = []
    for match in token.finditer(text):
        if match["open"]:
            opened.append(match.start())
        elif match["close"]:
            if not opened:
                return Place(text.count("\n", 0, match.start()) + 1, ") closes nothing")
            opened.pop()
    return Place(text.count("\n", 0, opened[-1]) + 1, "( is not closed") if opened else None


def _split_statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement and its first line."""
    start = 0
    for match in _TOKENS[0].finditer(text):
        if match["end"]:
            yield text.count("\n", 0, start) + 1, text[start : match.end()]
            start = match.end()
    yield text.count("\n", 0, start) + 1, text[start:]


def _check_text(text: str) -> Place | None:
    furthest = Place(0, "")
    for dialect in _DIALECTS:
        place = _check_dialect(text, dialect)
        if not place:
            return None
        furthest = max(furthest, place, key=lambda found: found.line)
    return furthest


def _check_dialect(text: str, dialect: str) -> Place | None:
    try:
        sqlglot.parse(text, dialect=dialect)
    except RecursionError:
        return Place(1, "is nested too deeply")
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        return Place(first.get("line") or 1, str(first.get("description") or error).split(" but got ")[0])
    except SqlglotError as error:
        line = _LINE.search(str(error))
        return Place(int(line[1]) if line else 1, str(error).split("\n")[0][:120])
    return None
