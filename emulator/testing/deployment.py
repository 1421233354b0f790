"""A template of your own, deployed to an engine through CloudFormation, its code uploaded first."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from botocore.exceptions import ClientError, WaiterError
from samtranslator.yaml_helper import intrinsics_multi_constructor

from agenticai.emulator.errors import EngineError
from agenticai.emulator.testing.code import Packages, bundle

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, WaiterConfigTypeDef
    from mypy_boto3_s3 import S3Client

BUCKET = "agenticai-tested-code"
WAIT: "WaiterConfigTypeDef" = {"Delay": 0.1, "MaxAttempts": 600}  # type: ignore[typeddict-item]  # a float will do
CAPABILITIES: tuple["CapabilityType", ...] = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")

# A CloudFormation document nests to any depth and any type.
Document = dict[str, Any]


class NotDeployed(EngineError):
    """The template could not be deployed; the message names the resource that failed first and why."""


@dataclass(frozen=True)
class DeployedStack:
    """A stack on the engine: its outputs, and the physical id of each resource by its logical id.

    A physical id is a function's, table's or bucket's name, and a queue's URL, as `Ref` gives it.
    """

    name: str
    outputs: Mapping[str, str]
    resources: Mapping[str, str]


@dataclass(frozen=True)
class CodeProperty:
    """The property that names a resource's code, and how that says where in S3 it is."""

    name: str
    bucket: str
    key: str


# What `aws cloudformation package` uploads, as far as functions and layers go.
# https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
CODE_PROPERTIES = {
    "AWS::Serverless::Function": CodeProperty("CodeUri", "Bucket", "Key"),
    "AWS::Serverless::LayerVersion": CodeProperty("ContentUri", "Bucket", "Key"),
    "AWS::Lambda::Function": CodeProperty("Code", "S3Bucket", "S3Key"),
    "AWS::Lambda::LayerVersion": CodeProperty("Content", "S3Bucket", "S3Key"),
}


def deploy(
    template: Path, name: str, parameters: Mapping[str, str], client: Callable[[str], Any], packages: Packages
) -> DeployedStack:
    """Create a stack from the template, with the code that it names by local paths. Raises NotDeployed, NotPackaged."""
    cloudformation, s3 = client("cloudformation"), client("s3")
    s3.create_bucket(Bucket=BUCKET)
    document = packaged(template, s3, packages)
    s3.put_object(Bucket=BUCKET, Key=f"{name}.json", Body=json.dumps(document).encode())
    create(cloudformation, name, f"{s3.meta.endpoint_url}/{BUCKET}/{name}.json", parameters)
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return DeployedStack(
        name,
        {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
        {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
    )


def create(cloudformation: "CloudFormationClient", name: str, url: str, parameters: Mapping[str, str]) -> None:
    """Create the stack and wait for it. Raises NotDeployed."""
    values: list[ParameterTypeDef] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
    ]
    try:
        cloudformation.create_stack(StackName=name, TemplateURL=url, Parameters=values, Capabilities=CAPABILITIES)
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    except ClientError as error:
        raise NotDeployed(f"The template was refused: {error.response['Error']['Message']}") from error
    except WaiterError as error:
        raise NotDeployed(first_failure(cloudformation, name)) from error


def first_failure(cloudformation: "CloudFormationClient", name: str) -> str:
    """What failed first and why, as one sentence."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    for event in reversed(events):  # the newest comes first
        if event.get("ResourceStatus", "").endswith("_FAILED"):
            resource, reason = event["LogicalResourceId"], event.get("ResourceStatusReason", "no reason was given")
            return f"{resource} ({event['ResourceType']}) could not be created: {reason}"
    return f"The stack {name} did not come up, and no event of it says why: look at the engine's log."


def packaged(template: Path, s3: "S3Client", packages: Packages) -> Document:
    """The template, with what its local paths to code name uploaded in their place. Raises NotDeployed, NotPackaged."""
    document = read(template)
    for prefix, properties, code in named_code(document):
        named = properties.get(code.name)
        if isinstance(named, str) and not named.startswith("s3://"):
            body = bundle((template.parent / named).resolve(), packages, prefix)
            key = f"{hashlib.sha256(body).hexdigest()}.zip"
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            properties[code.name] = {code.bucket: BUCKET, code.key: key}
    return document


def read(template: Path) -> Document:
    """The template as data. Raises NotDeployed."""
    try:
        document = yaml.load(template.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a SafeLoader
    except (OSError, yaml.YAMLError) as error:
        raise NotDeployed(f"The template {template} cannot be read: {error}") from error
    if not isinstance(document, dict) or "Resources" not in document:
        raise NotDeployed(f"{template} is no template of CloudFormation's: it has no Resources.")
    return document


def named_code(document: Document) -> Iterator[tuple[str, Document, CodeProperty]]:
    """Where code may be named: each place's properties, the one that counts there, and what its files go below.

    A layer that SAM builds has its files below python/:
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
    """
    shared = document.get("Globals", {}).get("Function", {})
    yield "", shared, CODE_PROPERTIES["AWS::Serverless::Function"]
    for resource in document["Resources"].values():
        if code := CODE_PROPERTIES.get(resource["Type"]):
            built = str(resource.get("Metadata", {}).get("BuildMethod", "")).startswith("python")
            yield "python/" if built else "", resource.get("Properties", {}), code


class Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: short tags are functions, and a date is text."""


Loader.add_multi_constructor("!", intrinsics_multi_constructor)
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))
