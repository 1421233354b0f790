"""A SAM or CloudFormation template as data: the files to upload, and its text with their addresses in S3."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from agenticai.stack.errors import BuildError
from agenticai.stack.local_files import Content, Document, Place, S3Object, find_places

try:  # libyaml parses ten times faster; without it, PyYAML parses in Python
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

TEMPLATE = Path(__file__).with_name("template.yaml")

DEFAULT_ARCHITECTURE = "x86_64"  # https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html


@dataclass(frozen=True)
class Artifact:
    """A file or folder that a template names, to be uploaded.

    `id` is unique in the template. `runtime` is the function's, or that of a layer that SAM builds; empty if nothing is
    installed into it. `architecture` is the one it runs on. `layers` are the logical ids of the function's layers that
    are in the template.
    """

    id: str
    source: Path
    content: Content
    runtime: str = ""
    architecture: str = DEFAULT_ARCHITECTURE
    layers: frozenset[str] = frozenset()

    @property
    def is_python(self) -> bool:
        """Whether it runs on Python, so that its requirements are installed."""
        return self.runtime.startswith("python")

    @property
    def prefix(self) -> str:
        """The folder of its files in the zip: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html."""
        return "python/" if self.content is Content.LAYER and self.is_python else ""


@dataclass(frozen=True)
class Template:
    """A parsed template; local paths in it are relative to its file."""

    path: Path
    document: Document

    @classmethod
    def load(cls, path: Path = TEMPLATE) -> Self:
        """Parse a template: YAML with CloudFormation's short tags (`!Ref`, `!GetAtt`, …) or JSON.

        Raises BuildError if the file cannot be read or is not a template.
        """
        try:
            return cls.parse(path.read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise BuildError(f"The template {path} cannot be read: {error}") from error

    @classmethod
    def parse(cls, text: str, path: Path) -> Self:
        """Parse the text of a template, whose local paths are relative to `path`. Raises the errors of `load`."""
        try:
            document = yaml.load(text, Loader=_Loader)  # noqa: S506 (a SafeLoader)
        except yaml.YAMLError as error:
            raise BuildError(f"The template {path} cannot be read: {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
            raise BuildError(f"{path} is not a CloudFormation template: it has no Resources.")
        return cls(path, document)

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All local files and folders that the template names, each place once."""
        return tuple(self._make_artifact(id_, place, path) for id_, place, path in _list_local_places(self.document))

    def render_body(
        self,
        objects: Mapping[str, S3Object],
        parameters: Mapping[str, str],
        url: Callable[[S3Object], str] = lambda item: f"https://{item.bucket}.s3.amazonaws.com/{item.key}",
    ) -> str:
        """Return the template as compact JSON, for deployment with these parameter values.

        Each local path is replaced by the object with its artifact's id; `url` returns a nested template's address.
        Each parameter in a function's environment is replaced by its value: SAM publishes a version only if the text of
        a function changes, so a changed value behind a reference would never reach the function's alias.
        """
        document = copy.deepcopy(self.document)
        for id_, place, _ in list(_list_local_places(document)):
            place.holder[place.key] = place.reference(objects[id_], url(objects[id_]))
        parameter_values = {**_list_defaults(document), **parameters}
        for variables in _list_environments(document):
            for name, value in variables.items():
                variables[name] = _resolve(value, parameter_values)
        return json.dumps(document, separators=(",", ":"))

    def with_variables(self, variables: Mapping[str, str]) -> "Template":
        """Return the template with these variables added to the environment of every function."""
        if not variables:
            return self
        document = copy.deepcopy(self.document)
        functions = [
            resource.setdefault("Properties", {})
            for resource in document["Resources"].values()
            if resource.get("Type") == "AWS::Lambda::Function"
        ]
        if document.keys() & {"Transform", "Globals"}:
            functions.append(document.setdefault("Globals", {}).setdefault("Function", {}))
        for properties in functions:
            properties.setdefault("Environment", {}).setdefault("Variables", {}).update(variables)
        return Template(self.path, document)

    def _make_artifact(self, id_: str, place: Place, path: str) -> Artifact:
        properties = place.resource.get("Properties") or {}
        source = (self.path.parent / path).resolve()
        if place.content is Content.LAYER:
            runtime = place.resource.get("Metadata", {}).get("BuildMethod", "")
            return Artifact(
                id_, source, place.content, runtime, _find_architecture(properties, "CompatibleArchitectures")
            )
        defaults: Document = self.document.get("Globals", {}).get("Function", {})
        runtime = properties.get("Runtime") or defaults.get("Runtime", "")
        architecture = _find_architecture({**defaults, **properties}, "Architectures")
        layers = [*defaults.get("Layers", []), *(properties.get("Layers") or [])]
        layer_ids = frozenset(layer["Ref"] for layer in layers if isinstance(layer, dict) and "Ref" in layer)
        return Artifact(id_, source, place.content, str(runtime), architecture, layer_ids)


def _find_architecture(properties: Document, name: str) -> str:
    """Return the first architecture in a list, or Lambda's default."""
    architectures = properties.get(name)
    return str(architectures[0]) if isinstance(architectures, list) and architectures else DEFAULT_ARCHITECTURE


def _list_local_places(document: Document) -> Iterator[tuple[str, Place, str]]:
    """Yield each place that names a local path: its id (the owner, numbered from its second place), place and path."""
    counts: dict[str, int] = {}
    for place in find_places(document):
        if (path := place.path) is not None:
            counts[place.owner] = number = counts.get(place.owner, 0) + 1
            yield place.owner if number == 1 else f"{place.owner}#{number}", place, path


def _list_environments(document: Document) -> Iterator[Document]:
    """Yield the environment variables in Globals and in each function."""
    functions = [
        resource for resource in document["Resources"].values() if resource.get("Type") == "AWS::Serverless::Function"
    ]
    shared = document.get("Globals", {}).get("Function", {})
    for properties in (shared, *(function.get("Properties", {}) for function in functions)):
        variables = properties.get("Environment", {}).get("Variables", {})
        if isinstance(variables, dict):
            yield variables


def _list_defaults(document: Document) -> dict[str, object]:
    """Return the defaults of parameters that may be written into the template: no secrets, no looked-up values."""
    return {
        name: _format_scalar(definition["Default"])
        for name, definition in document.get("Parameters", {}).items()
        if "Default" in definition and definition.get("Type") in {"String", "Number"} and not definition.get("NoEcho")
    }


def _format_scalar(value: object) -> str:
    """Return a scalar as CloudFormation writes it: booleans are in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resolve(value: object, parameters: Mapping[str, object]) -> object:
    """Return the value for a reference to a parameter; other values are unchanged."""
    match value:
        case {"Ref": str(name)} if name in parameters:
            return parameters[name]
        case _:
            return value


class _Loader(SafeLoader):
    """Loads YAML as CloudFormation does: short tags are functions, and dates are strings."""


def _construct_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _construct_text)
