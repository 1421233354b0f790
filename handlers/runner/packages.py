"""The packages that produced software may need: which of them a project declares, and where they are."""

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
"""What is there undeclared: boto3 is on Lambda, and pytest is what its tests need and not the project."""

CARRIED: Final = frozenset(
    (
        *ALWAYS,
        *("apig-wsgi", "fastapi", "flask", "httpx", "mangum", "pydantic", "pytest-asyncio", "pyyaml", "requests"),
    ),
)
"""The packages that can be declared, and with them all that they need."""

_IMPORTED_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "opentelemetry-api": ("opentelemetry",),
    "pytest": ("pytest", "_pytest", "py.py"),
    "python-dateutil": ("dateutil",),
    "pyyaml": ("yaml", "_yaml"),
    "six": ("six.py",),
    "typing-extensions": ("typing_extensions.py",),
}
"""The files and folders of packages that are not imported by their own names; bundles have no list of them."""

TOOLS: Final = frozenset(
    (
        *("black", "build", "coverage", "flake8", "gunicorn", "hatchling", "isort", "mypy", "pip", "pre-commit"),
        *("pylint", "pytest-cov", "ruff", "setuptools", "tox", "twine", "uvicorn", "wheel"),
    )
)
"""What is declared for other uses than to be imported by the code or its tests."""

_MANIFESTS: Final = re.compile(r"(?:.*/)?(?:requirements[\w.-]*\.txt|pyproject\.toml)")
_NO_REQUIREMENT: Final = ("-", "#")


@dataclass(frozen=True)
class Needed:
    """The packages of a project by the name under which Python imports them, and what it declares that is not here."""

    packages: Mapping[str, str]
    missing: tuple[str, ...]


def find_needed(files: Files) -> Needed:
    """Return what a project declares, in any requirements file or pyproject.toml of it, and what is missing."""
    declared = list(dict.fromkeys(_declared(files)))
    own = {canonicalize_name(name) for name in _own_names(files)}
    wanted = [Requirement(name) for name in ALWAYS]
    missing = []
    for text in declared:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            missing.append(text)
            continue
        if canonicalize_name(requirement.name) in own | TOOLS or not _applies(requirement, ""):
            continue
        wanted.append(requirement)
        if reason := _why_missing(requirement):
            missing.append(reason)
    return Needed({} if missing else dict(_entries(_closure(wanted))), tuple(missing))


def _declared(files: Files) -> Iterator[str]:
    for path, content in files.items():
        if not _MANIFESTS.fullmatch(path):
            continue
        text = content.decode(errors="replace")
        yield from _of_project(text) if path.endswith(".toml") else _of_lines(text)


def _of_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        wanted = re.sub(r"(^|\s)#.*", "", line).split(" --")[0].strip().rstrip("\\").strip()
        if wanted and not wanted.startswith(_NO_REQUIREMENT):
            yield wanted


def _of_project(text: str) -> Iterator[str]:
    """Yield the dependencies of a pyproject.toml, and those of groups and extras that are for tests."""
    project = _table(_parse(text), "project")
    groups = {**_table(project, "optional-dependencies"), **_table(_parse(text), "dependency-groups")}
    for named in (project.get("dependencies"), *(groups.get(name) for name in ("dev", "test", "tests", "testing"))):
        yield from (item for item in named if isinstance(item, str)) if isinstance(named, list) else ()


def _own_names(files: Files) -> Iterator[str]:
    for path, content in files.items():
        if path.endswith("pyproject.toml"):
            yield str(_table(_parse(content.decode(errors="replace")), "project").get("name", ""))


def _parse(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}  # which the parsers of QA find


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _why_missing(requirement: Requirement) -> str:
    """Return what is not here, as it is declared; nothing if it can be run with what is."""
    found = _find(requirement.name)
    if found is None or canonicalize_name(requirement.name) not in _reachable():
        return str(requirement)
    if requirement.url or not _fits(requirement.specifier, found.version):
        return f"{requirement} (there is {found.version})"
    return ""


def _fits(wanted: SpecifierSet, version: str) -> bool:
    """Return whether a version will do: one that is pinned stands for all with the same first number."""
    if wanted.contains(version, prereleases=True):
        return True
    pins = [spec.version.removesuffix(".*") for spec in wanted if spec.operator in ("==", "~=", "===")]
    try:
        return bool(pins) and all(Version(pin).major == Version(version).major for pin in pins)
    except InvalidVersion:
        return False


def _reachable() -> frozenset[str]:
    return frozenset(_closure(Requirement(name) for name in CARRIED))


def _closure(wanted: Iterable[Requirement]) -> dict[str, Distribution]:
    """Return the distributions that are wanted and all that they need, by canonical name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement.name, extra) for requirement in wanted for extra in ("", *requirement.extras)]
    while waiting:
        name, extra = waiting.pop()
        name = canonicalize_name(name)
        known = found.get(name) or _find(name)
        if known is None or (name, extra) in seen:
            continue
        seen.add((name, extra))
        found[name] = known
        needed = [further for further in map(Requirement, known.requires or ()) if _applies(further, extra)]
        waiting += [(further.name, each) for further in needed for each in ("", *further.extras)]
    return found


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _find(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _entries(distributions: Mapping[str, Distribution]) -> Iterator[tuple[str, str]]:
    """Yield the name and the real path of each file or folder of the distributions."""
    for name, found in distributions.items():
        folder = Path(str(found.locate_file("")))
        imported = _IMPORTED_AS.get(name, (name.replace("-", "_"),))
        about = f"{name.replace('-', '_')}-{found.version}.dist-info"
        for entry in (*imported, about):
            path = folder / entry
            if path.exists():
                yield entry, os.path.realpath(path)
