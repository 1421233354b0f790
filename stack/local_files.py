"""Finds where a template names local files, and replaces each path by the object that was uploaded to S3.

These are the properties of a serverless application that `aws cloudformation package` supports:
https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

# A CloudFormation document may nest to any depth and contain any type, so it is typed as JSON.
Document = dict[str, Any]


@dataclass(frozen=True)
class S3Object:
    """The location of an uploaded file."""

    bucket: str
    key: str


class Content(Enum):
    """What is uploaded for a place in the template."""

    CODE = "a folder as a zip, with the packages that it requires"
    LAYER = "the same, for a layer"
    TEMPLATE = "another template, whose own files are uploaded first"
    FILE = "a file as it is"


@dataclass(frozen=True)
class Place:
    """One place in a document: `holder[key]` is the path as written, relative to the template.

    `owner` identifies it for people: the resource's logical id, or `Globals`.
    """

    owner: str
    resource: Mapping[str, Any]
    holder: Document
    key: str
    content: Content
    reference: Callable[[S3Object, str], object]

    @property
    def path(self) -> str | None:
        """The path; None if the place names no local file but S3, or a function of CloudFormation's."""
        path = self.holder.get(self.key)
        is_local = isinstance(path, str) and "://" not in path and not path.startswith("arn:")
        return path if is_local and path else None


def _make_bucket_and_key(uploaded: S3Object, _: str) -> object:
    return {"Bucket": uploaded.bucket, "Key": uploaded.key}


def _make_s3_bucket_and_key(uploaded: S3Object, _: str) -> object:
    return {"S3Bucket": uploaded.bucket, "S3Key": uploaded.key}


def _make_uri(uploaded: S3Object, _: str) -> object:
    return f"s3://{uploaded.bucket}/{uploaded.key}"


def _use_url(_: S3Object, url: str) -> object:
    return url


PROPERTIES: Mapping[str, tuple[str, Content, Callable[[S3Object, str], object]]] = {
    "AWS::Serverless::Function": ("CodeUri", Content.CODE, _make_bucket_and_key),
    "AWS::Serverless::LayerVersion": ("ContentUri", Content.LAYER, _make_bucket_and_key),
    "AWS::Serverless::Api": ("DefinitionUri", Content.FILE, _make_bucket_and_key),
    "AWS::Serverless::HttpApi": ("DefinitionUri", Content.FILE, _make_bucket_and_key),
    "AWS::Serverless::StateMachine": ("DefinitionUri", Content.FILE, _make_bucket_and_key),
    "AWS::Serverless::GraphQLApi": ("SchemaUri", Content.FILE, _make_uri),
    "AWS::Serverless::Application": ("Location", Content.TEMPLATE, _use_url),
    "AWS::Lambda::Function": ("Code", Content.CODE, _make_s3_bucket_and_key),
    "AWS::Lambda::LayerVersion": ("Content", Content.LAYER, _make_s3_bucket_and_key),
    "AWS::ApiGateway::RestApi": ("BodyS3Location", Content.FILE, _make_bucket_and_key),
    "AWS::ApiGatewayV2::Api": ("BodyS3Location", Content.FILE, _make_bucket_and_key),
    "AWS::StepFunctions::StateMachine": ("DefinitionS3Location", Content.FILE, _make_bucket_and_key),
    "AWS::AppSync::GraphQLSchema": ("DefinitionS3Location", Content.FILE, _make_uri),
    "AWS::CloudFormation::Stack": ("TemplateURL", Content.TEMPLATE, _use_url),
}


def find_places(document: Document) -> Iterator[Place]:
    """Yield every place that may name a local file: in resources, in Globals, and in AWS::Include anywhere."""
    shared = document.get("Globals", {}).get("Function", {})
    key, content, reference = PROPERTIES["AWS::Serverless::Function"]
    yield Place("Globals", {"Properties": shared}, shared, key, content, reference)
    for logical_id, resource in document["Resources"].items():
        if isinstance(resource, dict) and (definition := PROPERTIES.get(resource.get("Type", ""))):
            yield Place(logical_id, resource, resource.get("Properties") or {}, *definition)
    for owner, section in document.items():
        yield from _find_includes(section, owner)


def _find_includes(node: object, owner: str) -> Iterator[Place]:
    """Yield the locations in `Fn::Transform: {Name: AWS::Include}` below a node, and in a top-level Transform."""
    if isinstance(node, list):
        for member in node:
            yield from _find_includes(member, owner)
    elif isinstance(node, dict):
        if node.get("Name") == "AWS::Include" and isinstance(node.get("Parameters"), dict):
            yield Place(owner, {}, node["Parameters"], "Location", Content.FILE, _make_uri)
        for name, member in node.items():
            yield from _find_includes(member, name if owner == "Resources" else owner)
