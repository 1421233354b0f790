"""A project's declared dependencies: its package manifests, and which packages belong to a function."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

Files = Mapping[str, str]
"""Texts by path."""

REQUIREMENTS: Final = "requirements-lambda.txt"
"""Lists packages that a function needs and no requirements file of the project names."""


def read_manifest(text: str) -> Mapping[str, Any]:
    """Return the content of a package.json; empty if it is not a JSON object."""
    try:
        manifest = json.loads(text)
    except ValueError:
        return {}
    return manifest if isinstance(manifest, dict) else {}


def list_node_packages(files: Files) -> frozenset[str]:
    """Return the packages that the project's package.json files install with its function."""
    manifests = (read_manifest(text) for path, text in files.items() if PurePosixPath(path).name == "package.json")
    tables = (manifest.get(kind) for manifest in manifests for kind in ("dependencies", "optionalDependencies"))
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)


def is_manifest(path: str) -> bool:
    """Return whether a file lists Python packages to install."""
    return re.fullmatch(r"requirements[\w.-]*\.txt|pyproject\.toml", PurePosixPath(path).name) is not None


def list_installed(handler: str, paths: frozenset[str]) -> tuple[str, ...]:
    """Return the requirements files of a Python function's package.

    They are the nearest one above its handler, and the one with packages that no other names.
    """
    folders = [PurePosixPath(handler).parent, *PurePosixPath(handler).parent.parents]
    candidates = (str(folder / "requirements.txt") for folder in folders)
    return (*[path for path in candidates if path in paths][:1], *sorted({REQUIREMENTS} & paths))


def list_requirements(files: Files, handler: str) -> Iterator[str]:
    """Yield a pyproject.toml's dependencies, unless there is a requirements.txt above the handler."""
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
    dependencies = project.get("dependencies") if isinstance(project, dict) else None
    yield from (item for item in dependencies if isinstance(item, str)) if isinstance(dependencies, list) else ()
