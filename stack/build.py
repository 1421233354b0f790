"""Handlers in, reproducible zips out: one bundle for each function and layer of a template, cached by content."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agenticai.stack import archive
from agenticai.stack.dependencies import FORMAT, LOCK, Dependencies, Uv, run_uv
from agenticai.stack.errors import BuildError
from agenticai.stack.platform import Platform
from agenticai.stack.template import Artifact, Template

CACHE = Path(".agenticai") / "cache"


@dataclass(frozen=True)
class Bundle:
    """A zip to upload: its name (that of its folder), file, SHA-256 (hexadecimal) and sizes in bytes."""

    name: str
    path: Path
    sha256: str
    zipped: int
    unpacked: int


class Step(StrEnum):
    """What happens to a bundle."""

    RESOLVING = "resolving"
    ZIPPING = "zipping"
    READY = "ready"


@dataclass(frozen=True)
class Progress:
    """A step that has begun for a bundle, or its end (READY)."""

    name: str
    step: Step


OnProgress = Callable[[Progress], None]

# The bundles of a template, by the logical id of the resource that they are for.
Bundles = Mapping[str, Bundle]


def build(
    template: Template,
    platform: Platform,
    cache: Path = CACHE,
    on_progress: OnProgress = lambda _: None,
    *,
    lock: Path = LOCK,
    uv: Uv = run_uv,
) -> Bundles:
    """Return a bundle for each function and layer of the template.

    The same sources, requirements and platform give the same bytes. What is in `cache` is not built again, and needs
    neither uv nor a network. Two builds may share a cache at the same time. Raises BuildError.
    """
    dependencies = Dependencies(platform, cache, lock, uv)
    pins = {}
    for artifact in template.artifacts:
        on_progress(Progress(artifact.source.name, Step.RESOLVING))
        pins[artifact.logical_id] = dependencies.pins(artifact.source / "requirements.txt")
    # Every function has every layer (Globals), so what a layer holds would only be there twice.
    layered = {pin for artifact in template.artifacts if artifact.is_layer for pin in pins[artifact.logical_id]}
    bundles = {}
    for artifact in template.artifacts:
        own = tuple(pin for pin in pins[artifact.logical_id] if artifact.is_layer or pin not in layered)
        bundles[artifact.logical_id] = _bundle(artifact, own, dependencies, on_progress)
        on_progress(Progress(artifact.source.name, Step.READY))
    return bundles


def _bundle(artifact: Artifact, pins: tuple[str, ...], dependencies: Dependencies, on_progress: OnProgress) -> Bundle:
    """Return the bundle of one folder: its packages at the root, and the folder itself as a package beside them."""
    folder = artifact.source
    files = [
        (f"{artifact.prefix}{folder.name}/{file.relative_to(folder).as_posix()}", file)
        for file in archive.source_files(folder)
    ]
    if not files:
        raise BuildError(f"There is no code in {folder}: {artifact.logical_id} of the template wants it.")
    path = dependencies.cache / "bundles" / f"{folder.name}-{_key(files, pins, dependencies.platform)}.zip"
    if not path.exists():
        on_progress(Progress(folder.name, Step.ZIPPING))
        archive.write(path, files, after=dependencies.archive(pins, artifact.prefix))
    return Bundle(folder.name, path, archive.sha256(path), path.stat().st_size, archive.unpacked_size(path))


def _key(files: list[tuple[str, Path]], pins: tuple[str, ...], platform: Platform) -> str:
    """Return a digest of all that a bundle is made of."""
    digest = hashlib.sha256("\0".join((FORMAT, platform.name, *pins)).encode())
    for name, file in files:
        digest.update(f"\0{name}\0{archive.sha256(file)}".encode())
    return digest.hexdigest()[:32]
