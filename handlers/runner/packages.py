"""The packages that generated software may use: those that a project declares, and where they are installed."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from runner.programs import Files

ALWAYS: Final = ("boto3", "pytest")
"""Packages that need no declaration: Lambda provides boto3, and pytest is needed by tests only."""

CARRIED: Final = frozenset(
    (
        *ALWAYS,
        *("apig-wsgi", "fastapi", "flask", "httpx", "mangum", "pydantic", "pytest-asyncio", "pyyaml", "requests"),
    ),
)
"""The packages that a project can declare; their dependencies are available too."""

_IMPORTED_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "opentelemetry-api": ("opentelemetry",),
    "pytest": ("pytest", "_pytest", "py.py"),
    "python-dateutil": ("dateutil",),
    "pyyaml": ("yaml", "_yaml"),
    "six": ("six.py",),
    "typing-extensions": ("typing_extensions.py",),
}
"""Files and folders of packages whose import name differs; bundles do not list them."""

TOOLS: Final = frozenset(
    (
        *("black", "build", "coverage", "flake8", "gunicorn", "hatchling", "isort", "mypy", "pip", "pre-commit"),
        *("pylint", "pytest-cov", "ruff", "setuptools", "tox", "twine", "uvicorn", "wheel"),
    )
)
"""Declared packages that neither the code nor its tests import."""

_MANIFESTS: Final = re.compile(r"(?:.*/)?(?:requirements[\w.-]*\.txt|pyproject\.toml)")
_NO_REQUIREMENT: Final = ("-", "#")


@dataclass(frozen=True)
class NeededPackages:
    """A project's packages by import name, and the declared ones that are not available."""

    packages: Mapping[str, str]
    missing: tuple[str, ...]


def find_needed(files: Files) -> NeededPackages:
    """Return what a project's requirements files and pyproject.toml files declare, and what is missing."""
    declared = list(dict.fromkeys(_list_declared(files)))
    own_names = {canonicalize_name(name) for name in _list_own_names(files)}
    requirements = [Requirement(name) for name in ALWAYS]
    missing = []
    for text in declared:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            missing.append(text)
            continue
        if canonicalize_name(requirement.name) in own_names | TOOLS or not _applies(requirement, ""):
            continue
        requirements.append(requirement)
        if reason := _describe_missing(requirement):
            missing.append(reason)
    return NeededPackages({} if missing else dict(_list_entries(_collect_dependencies(requirements))), tuple(missing))


def _list_declared(files: Files) -> Iterator[str]:
    for path, content in files.items():
        if not _MANIFESTS.fullmatch(path):
            continue
        text = content.decode(errors="replace")
        yield from _parse_pyproject(text) if path.endswith(".toml") else _parse_requirements(text)


def _parse_requirements(text: str) -> Iterator[str]:
    for line in text.splitlines():
        requirement = re.sub(r"(^|\s)#.*", "", line).split(" --")[0].strip().rstrip("\\").strip()
        if requirement and not requirement.startswith(_NO_REQUIREMENT):
            yield requirement


def _parse_pyproject(text: str) -> Iterator[str]:
    """Yield the dependencies of a pyproject.toml, including groups and extras for tests."""
    project = _get_table(_parse_toml(text), "project")
    groups = {**_get_table(project, "optional-dependencies"), **_get_table(_parse_toml(text), "dependency-groups")}
    for group in (project.get("dependencies"), *(groups.get(name) for name in ("dev", "test", "tests", "testing"))):
        yield from (item for item in group if isinstance(item, str)) if isinstance(group, list) else ()


def _list_own_names(files: Files) -> Iterator[str]:
    for path, content in files.items():
        if path.endswith("pyproject.toml"):
            yield str(_get_table(_parse_toml(content.decode(errors="replace")), "project").get("name", ""))


def _parse_toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}  # QA's parsers report it


def _get_table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _describe_missing(requirement: Requirement) -> str:
    """Return the requirement if it is not available; empty if an installed version satisfies it."""
    dist = _find_distribution(requirement.name)
    if dist is None or canonicalize_name(requirement.name) not in _list_reachable():
        return str(requirement)
    if requirement.url or not _fits(requirement.specifier, dist.version):
        return f"{requirement} (there is {dist.version})"
    return ""


def _fits(specifiers: SpecifierSet, version: str) -> bool:
    """Return whether a version is suitable: a pinned version stands for all with the same major version."""
    if specifiers.contains(version, prereleases=True):
        return True
    pins = [spec.version.removesuffix(".*") for spec in specifiers if spec.operator in ("==", "~=", "===")]
    try:
        return bool(pins) and all(Version(pin).major == Version(version).major for pin in pins)
    except InvalidVersion:
        return False


def _list_reachable() -> frozenset[str]:
    return frozenset(_collect_dependencies(Requirement(name) for name in CARRIED))


def _collect_dependencies(requirements: Iterable[Requirement]) -> dict[str, Distribution]:
    """Return the required distributions with all their dependencies, by canonical name."""
    found: dict[str, Distribution] = {}
    visited: set[tuple[str, str]] = set()
    stack = [(requirement.name, extra) for requirement in requirements for extra in ("", *requirement.extras)]
    while stack:
        name, extra = stack.pop()
        name = canonicalize_name(name)
        dist = found.get(name) or _find_distribution(name)
        if dist is None or (name, extra) in visited:
            continue
        visited.add((name, extra))
        found[name] = dist
        needed = [dependency for dependency in map(Requirement, dist.requires or ()) if _applies(dependency, extra)]
        stack += [(dependency.name, each) for dependency in needed for each in ("", *dependency.extras)]
    return found


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _find_distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _list_entries(distributions: Mapping[str, Distribution]) -> Iterator[tuple[str, str]]:
    """Yield the name and the real path of each file or folder of the distributions."""
    for name, dist in distributions.items():
        folder = Path(str(dist.locate_file("")))
        imported = _IMPORTED_AS.get(name, (name.replace("-", "_"),))
        dist_info = f"{name.replace('-', '_')}-{dist.version}.dist-info"
        for entry in (*imported, dist_info):
            path = folder / entry
            if path.exists():
                yield entry, os.path.realpath(path)
