"""YAML documents that people write: read into a model, with errors that name the file and the line."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


def read_document(path: Path, model: type[M], fault: type[Exception]) -> M:
    """Read one file. Raises `fault`, with a message such as `scenario.yaml:7: project.name: Field required.`"""
    try:
        text = path.read_text(encoding="utf-8")
        return model.model_validate(yaml.safe_load(text))
    except OSError as error:
        raise fault(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise fault(f"{path}: is not UTF-8 text ({error.reason}).") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise fault(f"{path}:{line}: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise fault(f"{path}: is not YAML ({error}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or model.__name__.lower()
        raise fault(f"{path}:{_line_of(text, first['loc'])}: {field}: {first['msg']}.") from error


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line, from 1, of the field that a validation error names, or of the nearest one around it."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line: int = node.start_mark.line if node else 0
    for key in location:
        for name, child in _children(node):
            if name == key:
                node, line = child, child.start_mark.line
                break
        else:
            break
    return line + 1


def _children(node: yaml.Node | None) -> Iterator[tuple[int | str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
