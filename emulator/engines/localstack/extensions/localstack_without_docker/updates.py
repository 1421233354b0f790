"""Updates that LocalStack's CloudFormation cannot make by itself: of a Lambda alias, which names what changed."""

import functools
from collections.abc import Callable
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProviderExecutor,
    ResourceRequest,
)

Change = Callable[[Any, str, Any, Any], None]
"""Carries out the change of one resource, given its logical id and what it was and is to be."""


def update_alias(_: object, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
    """Point an alias at the version that the template names now, with its weights and its description.

    What the template no longer names is taken away, as on AWS. Provisioned concurrency stays as it was created.
    """
    wanted, before = request.desired_state, request.previous_state
    request.aws_client_factory.lambda_.update_alias(
        FunctionName=before["FunctionName"],
        Name=before["Name"],
        FunctionVersion=wanted["FunctionVersion"],
        Description=wanted.get("Description") or "",
        RoutingConfig=wanted.get("RoutingConfig") or {},
    )
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={**wanted, "Id": before["Id"]})


def replacing_what_differs(change: Change) -> Change:
    """Return the same, replacing a resource only if a property that can't be updated has another value.

    LocalStack replaces it already if such a property refers to a resource that changes, whatever the value is.
    """

    @functools.wraps(change)
    def carry_out(executor: Any, name: str, before: Any, after: Any) -> None:
        if getattr(before, "properties", None) and getattr(after, "requires_replacement", False):
            fixed = _fixed_properties(after.resource_type)
            after.requires_replacement = any(
                before.properties.properties.get(each) != after.properties.properties.get(each) for each in fixed
            )
        change(executor, name, before, after)

    return carry_out


def _fixed_properties(resource_type: str) -> list[str]:
    provider = ResourceProviderExecutor.try_load_resource_provider(resource_type)
    paths = provider.SCHEMA.get("createOnlyProperties", []) if provider else []
    return [path.removeprefix("/properties/").partition("/")[0] for path in paths]
