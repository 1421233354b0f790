"""The SAM template as data: what it asks to be built, and its text once that is in S3."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from agenticai.stack.errors import BuildError
from agenticai.stack.platform import Platform

try:  # libyaml reads ten times faster; where there is none, PyYAML reads by itself
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

TEMPLATE = Path(__file__).with_name("template.yaml")

# A CloudFormation document nests to any depth and any type: JSON is its only shape.
Document = dict[str, Any]


@dataclass(frozen=True)
class ArtifactProperty:
    """The property of a SAM resource that names a folder, and where in its bundle that folder goes."""

    name: str
    prefix: str


# https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html: a layer's Python path is python/
ARTIFACT_PROPERTIES = {
    "AWS::Serverless::Function": ArtifactProperty("CodeUri", prefix=""),
    "AWS::Serverless::LayerVersion": ArtifactProperty("ContentUri", prefix="python/"),
}


@dataclass(frozen=True)
class Artifact:
    """A folder that a resource wants to have as a zip in S3."""

    logical_id: str
    source: Path
    prefix: str

    @property
    def is_layer(self) -> bool:
        return bool(self.prefix)


@dataclass(frozen=True)
class S3Object:
    """Where an uploaded bundle is."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Template:
    """A template file, parsed; local folders in it are relative to the file."""

    path: Path
    document: Document

    @classmethod
    def load(cls, path: Path = TEMPLATE) -> Self:
        """Parse a template with CloudFormation's short tags (`!Ref`, `!GetAtt`, …).

        Raises BuildError if the file is not YAML.
        """
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a SafeLoader)
        except yaml.YAMLError as error:
            raise BuildError(f"{path.name} is not a template: {error}") from error
        return cls(path, document)

    @property
    def platform(self) -> Platform:
        """The Lambda platform that the template's functions run on."""
        defaults = self.document["Globals"]["Function"]
        return Platform.lambda_(defaults["Runtime"], defaults["Architectures"][0])

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Every local folder that a function or a layer of the template names."""
        return tuple(
            Artifact(logical_id, (self.path.parent / resource["Properties"][wanted.name]).resolve(), wanted.prefix)
            for logical_id, resource in self.document["Resources"].items()
            if (wanted := ARTIFACT_PROPERTIES.get(resource["Type"]))
        )

    def body(self, objects: Mapping[str, S3Object], parameters: Mapping[str, str]) -> str:
        """Return the template as compact JSON, to be deployed with these values of its parameters.

        Each local folder is replaced by the object under its logical id, and each parameter in a function's
        environment by its value: SAM publishes a version when the text of a function changes, so a value that is only
        referred to would change the function and never reach its alias.
        """
        document: Document = json.loads(json.dumps(self.document))
        for artifact in self.artifacts:
            resource = document["Resources"][artifact.logical_id]
            location = objects[artifact.logical_id]
            wanted = ARTIFACT_PROPERTIES[resource["Type"]].name
            resource["Properties"][wanted] = {"Bucket": location.bucket, "Key": location.key}
        defaults = {name: each.get("Default") for name, each in document.get("Parameters", {}).items()}
        for variables in _environments(document):
            for name, value in variables.items():
                variables[name] = _valued(value, {**defaults, **parameters})
        return json.dumps(document, separators=(",", ":"))


def _environments(document: Document) -> Iterator[Document]:
    """Yield the environment variables of all functions together and of each."""
    functions = [each for each in document["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    shared = document.get("Globals", {}).get("Function", {})
    for properties in (shared, *(function["Properties"] for function in functions)):
        yield properties.get("Environment", {}).get("Variables", {})


def _valued(value: object, parameters: Mapping[str, object]) -> object:
    """Return the value of a parameter for a reference to it, and anything else as it is."""
    match value:
        case {"Ref": str(name)} if name in parameters:
            return parameters[name]
        case _:
            return value


class _Loader(SafeLoader):
    """YAML as CloudFormation reads it: short tags are functions, and a date is a string."""


def _function(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Document:
    """Write `!Tag value` in the long form, `{"Fn::Tag": value}`."""
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    value = _value(loader, node)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


def _value(loader: yaml.SafeLoader, node: yaml.Node) -> object:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_multi_constructor("!", _function)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)
