"""Parses JSON, YAML, TOML and XML without constructing objects or fetching anything."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

import yaml

from qa_agent.analysers.syntax import Place

# Template engines that generate YAML. Quoted text and workflow expressions (`${{ }}`) are values in YAML.
_TEMPLATED: Final = re.compile(r"\{\{|\{%|<%")
_VALUES: Final = re.compile(r"""\$\{\{.*?\}\}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_COMMENT: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA: Final = re.compile(r'("(?:\\.|[^"\\\n])*")|,(?=\s*[}\]])')
_TOKEN: Final = re.compile(r'(?P<text>"(?:\\.|[^"\\])*")(?P<key>\s*:)?|[{}\[\]]')
_NOTES: Final = frozenset({"//", "#", "_comment", "<<"})
"""Keys that are comments, and YAML's merge key: they may occur more than once."""

_TOO_DEEP: Final = Place(1, "is nested too deeply")
_LINE: Final = re.compile(r"at line (\d+)")
_RESOLVER: Final = yaml.resolver.Resolver()


def parse_json(text: str) -> Iterable[Place]:
    """Parse RFC 8259, with unique keys; files that are only wrong in comments and trailing commas are in doubt."""
    place = _check_json(text)
    if not place:
        return _find_repeated_keys(text)
    if not _check_json(_remove_comments(text)):
        return (
            Place(place.line, "has comments or trailing commas, which only some readers of JSON take", in_doubt=True),
        )
    return (place,)


def parse_json_with_comments(text: str) -> Iterable[Place]:
    """Parse JSON with comments and trailing commas, as tsconfig.json may have."""
    relaxed = _remove_comments(text)
    place = _check_json(relaxed)
    return (place,) if place else _find_repeated_keys(relaxed)


def _remove_comments(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", _COMMENT.sub(_keep_line_ends, text))


def _keep_line_ends(match: re.Match[str]) -> str:
    return match[1] or "\n" * match[0].count("\n")


def _check_json(text: str) -> Place | None:
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return Place(error.lineno, error.msg)
    except RecursionError:
        return _TOO_DEEP
    except ValueError as error:
        return Place(1, str(error))
    return None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _find_repeated_keys(text: str) -> Iterator[Place]:
    """Yield the second place of each key that an object of this valid JSON repeats: parsers use the last."""
    objects: list[set[str]] = []
    for match in _TOKEN.finditer(text):
        if match[0] in {"{", "["}:
            objects.append(set())
        elif match[0] in {"}", "]"}:
            objects.pop()
        elif match["key"]:
            key = json.loads(match["text"], strict=False)
            if key in objects[-1] and key not in _NOTES:
                yield Place(text.count("\n", 0, match.start()) + 1, f"the key {key[:60]!r} is there twice")
            objects[-1].add(key)


def parse_yaml(text: str) -> Iterable[Place]:
    """Parse YAML 1.1 with unique keys, any number of documents and any tags; templates for YAML are in doubt."""
    in_doubt = bool(_TEMPLATED.search(_VALUES.sub("", text)))
    try:
        repeated = list(_find_repeated_yaml_keys(yaml.parse(text, Loader=yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "is not YAML"
        return (Place(mark.line + 1 if mark else 1, problem, in_doubt=in_doubt),)
    except yaml.YAMLError as error:
        return (Place(1, str(error).split("\n")[0]),)
    return [place._replace(in_doubt=in_doubt) for place in repeated]


def _find_repeated_yaml_keys(events: Iterable[yaml.Event]) -> Iterator[Place]:
    """Yield the second place of each key that a mapping repeats; only scalars are compared."""
    collections: list[_Collection] = []
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            collections.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        parent = collections[-1] if collections else None
        if parent and parent.is_mapping:
            parent.awaits_key = not parent.awaits_key
            if not parent.awaits_key and isinstance(event, yaml.ScalarEvent):
                tag = str(_RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit))  # type: ignore[no-untyped-call]
                key = tag, event.value
                if key in parent.keys and event.value not in _NOTES and event.start_mark:
                    yield Place(event.start_mark.line + 1, f"the key {event.value[:60]!r} is there twice")
                parent.keys.add(key)
        if isinstance(event, yaml.CollectionStartEvent):
            collections.append(_Collection(isinstance(event, yaml.MappingStartEvent)))


@dataclass
class _Collection:
    """An open YAML collection, and its keys so far."""

    is_mapping: bool
    awaits_key: bool = True
    keys: set[tuple[str, str]] = field(default_factory=set)


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
    """Parse well-formed XML 1.0; nothing outside the file is read."""
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return (Place(error.lineno, expat.ErrorString(error.code)),)
    return ()
