"""Reads YAML documents that people write into models, with errors that name the file and the line."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)
Location = tuple[int | str, ...]
"""The path to a field: keys of mappings, and indexes of lists."""


try:  # libyaml is ten times faster; without it PyYAML uses its own parser
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]


class _Loader(SafeLoader):
    """Reads YAML 1.2, as editors do: only true and false are booleans, so `on` is a string.

    As in YAML 1.2, duplicate keys of a mapping are an error; PyYAML silently uses the last one.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set[str]()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_BOOLEAN = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile("^(?:true|false)$"), list("tf"))


def parse_yaml(text: str) -> Any:
    """Parse a YAML document. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def read_document(
    path: Path,
    model: type[M],
    fault: type[Exception],
    misfits: Callable[[M], Iterable[tuple[Location, str]]] = lambda _: (),
) -> M:
    """Read one file. Raises `fault`, with a message such as `scenario.yaml:7: project.name: Field required.`

    `misfits` returns the errors, and their locations, of a document whose fields are all valid by themselves.
    """
    text = _read_text(path, fault)
    try:
        document = model.model_validate(parse_yaml(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise fault(f"{path}:{line}: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise fault(f"{path}: is not YAML ({error}).") from error
    except ValidationError as error:
        root = _compose(text)
        raise fault(_format_message(path, root, *_find_first_error(root, error.errors()), model)) from error
    for location, message in misfits(document):
        raise fault(_format_message(path, _compose(text), location, message, model))
    return document


def _read_text(path: Path, fault: type[Exception]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise fault(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise fault(f"{path}: is not UTF-8 text ({error.reason}).") from error


def _compose(text: str) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node


def _format_message(
    path: Path, root: yaml.Node | None, location: Location, message: str, model: type[BaseModel]
) -> str:
    field = ".".join(map(str, location)) or model.__name__.lower()
    return f"{path}:{_find_line(root, location)}: {field}: {message}."


def _find_first_error(root: yaml.Node | None, errors: Sequence[ErrorDetails]) -> tuple[Location, str]:
    """Return the first error with its location; an error in every alternative of a union counts once."""
    located = [(_find_written(root, error), _explain(error)) for error in errors]
    first = located[0][0]
    return first, ", or ".join(dict.fromkeys(message for location, message in located if location == first))


def _explain(error: ErrorDetails) -> str:
    """Describe an error in the terms of the document's author, not of the model."""
    match error["type"]:
        case "extra_forbidden":
            return "Unknown field"
        case "model_type" | "model_attributes_type":
            return "This must be a mapping"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _find_written(root: yaml.Node | None, error: ErrorDetails) -> Location:
    """Return an error's location as the document's author wrote it: without the names of a union's alternatives."""
    node, written = root, list[int | str]()
    for part in error["loc"]:
        child = dict(_list_children(node)).get(part)
        if child is not None:
            node = child
            written.append(part)
    if error["type"] == "missing":
        written.append(error["loc"][-1])
    return tuple(written)


def _find_line(root: yaml.Node | None, location: Location) -> int:
    """Return the line, from 1, of a field, or of the innermost existing one that encloses it."""
    node, line = root, root.start_mark.line if root else 0
    for part in location:
        node = dict(_list_children(node)).get(part)
        if node is None:
            break
        line = node.start_mark.line
    return line + 1


def _list_children(node: yaml.Node | None) -> Iterator[tuple[int | str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
