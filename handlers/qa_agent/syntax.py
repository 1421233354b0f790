"""Syntax checks by language: each parser returns where, and why, a file cannot be parsed."""

import ast
import json
import tomllib
from collections.abc import Callable
from typing import Final, NamedTuple


class Fault(NamedTuple):
    """A place that does not parse."""

    line: int
    message: str


def _python(content: str) -> Fault | None:
    try:
        ast.parse(content)
    except SyntaxError as error:
        return Fault(error.lineno or 1, error.msg)
    except ValueError as error:
        return Fault(1, str(error))
    return None


def _json(content: str) -> Fault | None:
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return Fault(error.lineno, error.msg)
    return None


def _toml(content: str) -> Fault | None:
    try:
        tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        return Fault(_line_in(str(error)), str(error))
    return None


def _line_in(message: str) -> int:
    """The line number in tomllib's words: "... (at line 3, column 1)"."""
    _, _, tail = message.partition("at line ")
    digits = tail.split(",")[0]
    return int(digits) if digits.isdigit() else 1


PARSERS: Final[dict[str, Callable[[str], Fault | None]]] = {"python": _python, "json": _json, "toml": _toml}
"""The languages that are measured; the files of every other are reported as not measured."""
