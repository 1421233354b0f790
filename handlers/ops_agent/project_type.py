"""What kind of thing a project is, told from its files alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from shared.source_files import is_test, language_of


class ProjectType(StrEnum):
    """How a project is deployed."""

    PYTHON_LAMBDA = "python-lambda"
    NODE_LAMBDA = "node-lambda"
    STATIC_SITE = "static-site"
    PACKAGE = "package"


@dataclass(frozen=True)
class Detected:
    """A project's type, with the Lambda handler (`module.function`) where it has one."""

    type: ProjectType
    handler: str | None = None


_PYTHON_HANDLER: Final = re.compile(
    r"^(?:async\s+)?def\s+(handler|lambda_handler)\s*\(\s*\w+[^,)]*,\s*\w+", re.MULTILINE
)
_NODE_HANDLER: Final = re.compile(
    r"^\s*(?:export\s+(?:const|async\s+function|function)\s+|module\.exports\.|exports\.)(handler)\b", re.MULTILINE
)


def detect(files: Mapping[str, str]) -> Detected:
    """The type of a project of these files (text by path): a Lambda handler decides, then an index.html."""
    for language, pattern, kind in (
        ("python", _PYTHON_HANDLER, ProjectType.PYTHON_LAMBDA),
        ("javascript", _NODE_HANDLER, ProjectType.NODE_LAMBDA),
    ):
        handler = _handler(files, language, pattern)
        if handler:
            return Detected(kind, handler)
    if "index.html" in files:
        return Detected(ProjectType.STATIC_SITE)
    return Detected(ProjectType.PACKAGE)


def _handler(files: Mapping[str, str], language: str, pattern: re.Pattern[str]) -> str | None:
    """The handler nearest to the root, in Lambda's notation: path/to/module.function."""
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        if language_of(path, files[path]) == language and not is_test(path):
            found = pattern.search(files[path])
            if found:
                return f"{PurePosixPath(path).with_suffix('')}.{found[1]}"
    return None
