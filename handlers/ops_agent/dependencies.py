"""What a project declares to need: the manifests of its packages, and which of them go into its function."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

Files = Mapping[str, str]
"""Texts by path."""

REQUIREMENTS: Final = "requirements-lambda.txt"
"""What a package needs that no requirements file of the project names."""


def read_manifest(text: str) -> Mapping[str, Any]:
    """Return a package.json; nothing where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def list_node_packages(files: Files) -> frozenset[str]:
    """Return the packages that any package.json of the project has installed with its function."""
    manifests = (read_manifest(text) for path, text in files.items() if PurePosixPath(path).name == "package.json")
    tables = (each.get(kind) for each in manifests for kind in ("dependencies", "optionalDependencies"))
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)


def is_manifest(path: str) -> bool:
    """Return whether a file says what Python packages are to be installed."""
    return re.fullmatch(r"requirements[\w.-]*\.txt|pyproject\.toml", PurePosixPath(path).name) is not None


def list_installed(handler: str, paths: frozenset[str]) -> tuple[str, ...]:
    """Return the requirements files whose packages go into the package of a Python function.

    That is the nearest one above its handler, and the one that names what no other does.
    """
    folders = [PurePosixPath(handler).parent, *PurePosixPath(handler).parent.parents]
    above = (str(folder / "requirements.txt") for folder in folders)
    return (*[path for path in above if path in paths][:1], *sorted({REQUIREMENTS} & paths))


def list_requirements(files: Files, handler: str) -> Iterator[str]:
    """Yield what a pyproject.toml asks for where no requirements.txt above the handler does."""
    if list_installed(handler, frozenset(files)):
        return
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        if PurePosixPath(path).name == "pyproject.toml":
            yield from _read_dependencies(files[path])
            return


def _read_dependencies(text: str) -> Iterator[str]:
    try:
        project = tomllib.loads(text).get("project")
    except tomllib.TOMLDecodeError:
        return
    found = project.get("dependencies") if isinstance(project, dict) else None
    yield from (each for each in found if isinstance(each, str)) if isinstance(found, list) else ()
