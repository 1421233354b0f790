"""The template as CloudFormation sees it after SAM's transform."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from agenticai.stack.local_files import Content
from agenticai.stack.template import Template

Resource = dict[str, Any]


class NoManagedPolicies:
    """Stands for AWS's managed policies, which SAM looks up by name; the template uses none."""

    def load(self) -> dict[str, str]:
        return {}


def transform_template(source: Template, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the template with these parameters after SAM's transform."""
    document = copy.deepcopy(source.document)
    for artifact in source.artifacts:
        properties = document["Resources"][artifact.id]["Properties"]
        properties["ContentUri" if artifact.content is Content.LAYER else "CodeUri"] = "s3://bucket/key.zip"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")  # the transform gets its region from boto3
        made: dict[str, Any] = transform(document, dict(parameters), NoManagedPolicies())
    return made


def of(resources: Mapping[str, Resource], kind: str) -> dict[str, Resource]:
    """Return the properties of the resources of a type, by their logical ids."""
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}
