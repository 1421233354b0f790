"""JSON, YAML, TOML and XML: only read, never turned into objects or fetched."""

import json
import re
import tomllib
from collections.abc import Iterable
from typing import Final, NoReturn
from xml.parsers import expat

import yaml

from qa_agent.analysers.syntax import Place

_TEMPLATED: Final = re.compile(r"\{\{|\{%|<%|\$\{")
_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')
_TOO_DEEP: Final = Place(1, "is nested too deeply")
_LINE: Final = re.compile(r"at line (\d+)")


def parse_json(text: str) -> Iterable[Place]:
    """Parse RFC 8259; a file that is right without comments and trailing commas (tsconfig.json) is only doubted."""
    place = _check_json(text)
    if not place:
        return ()
    relaxed = _TRAILING_COMMA.sub(r"\1", _COMMENT.sub(r"\1", text))
    if not _check_json(relaxed):
        return (
            Place(place.line, "has comments or trailing commas, which only some readers of JSON take", in_doubt=True),
        )
    return (place,)


def _check_json(text: str) -> Place | None:
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return Place(error.lineno, error.msg)
    except RecursionError:
        return _TOO_DEEP
    except ValueError as error:
        return Place(1, str(error))
    return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def parse_yaml(text: str) -> Iterable[Place]:
    """Parse YAML 1.1, any number of documents, any tags; a template that writes YAML is only doubted."""
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "is not YAML"
        return (Place(mark.line + 1 if mark else 1, problem, in_doubt=bool(_TEMPLATED.search(text))),)
    except yaml.YAMLError as error:
        return (Place(1, str(error).split("\n")[0]),)
    return ()


def parse_toml(text: str) -> Iterable[Place]:
    """Parse TOML 1.0."""
    try:
        tomllib.loads(text)
    except RecursionError:
        return (_TOO_DEEP,)
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        return (Place(int(line[1]) if line else text.count("\n") + 1, str(error)),)
    return ()


def parse_xml(text: str) -> Iterable[Place]:
    """Parse well-formed XML 1.0; nothing outside of the file is read."""
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return (Place(error.lineno, expat.ErrorString(error.code)),)
    return ()
