"""The versions of functions behind an alias: the serving ones, and those to roll back to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from agenticai.stack.errors import NotDeployedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient

ALIAS: Final = "live"
VERSION: Final = "AWS::Lambda::Version"


def name_versions_parameter(stage: str) -> str:
    """Return the name of the parameter that stores which versions served before the last deployment."""
    return f"/agenticai/{stage}/versions-before"


def read_versions(functions: LambdaClient, names: Iterable[str]) -> Mapping[str, str]:
    """Return the serving version by function, without functions that have none. Raises botocore's errors."""
    versions = {}
    for name in names:
        try:
            versions[name] = functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
        except functions.exceptions.ResourceNotFoundException:
            continue
    return versions


def read_deployed_versions(cloudformation: CloudFormationClient, stack: str) -> Mapping[str, str]:
    """Return the version that a stack's last deployment published, by function. Raises botocore's errors."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    arns = [
        resource.get("PhysicalResourceId", "")
        for resource in resources
        if resource["ResourceType"] == VERSION and not resource["ResourceStatus"].startswith("DELETE")
    ]
    return {name: version for *_, name, version in (arn.split(":") for arn in arns if arn)}


def serve_versions(functions: LambdaClient, versions: Mapping[str, str]) -> None:
    """Point each function's alias at its version in `versions`. Raises botocore's errors."""
    for name, version in versions.items():
        functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


def note_versions_before(ssm: SSMClient, stage: str, before: Mapping[str, str]) -> None:
    """Store which versions served before a deployment that changed some. Raises botocore's errors."""
    ssm.put_parameter(Name=name_versions_parameter(stage), Value=json.dumps(before), Type="String", Overwrite=True)


def read_versions_before(ssm: SSMClient, stage: str) -> Mapping[str, str]:
    """Return which versions served before the last deployment that changed some.

    Raises NotDeployedError if no deployment has changed one, and botocore's errors.
    """
    try:
        value = ssm.get_parameter(Name=name_versions_parameter(stage))["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound as error:
        raise NotDeployedError(
            f"The stage {stage} was deployed once only, or never changed: there is nothing to roll back to."
        ) from error
    versions: Mapping[str, str] = json.loads(value)
    return versions
