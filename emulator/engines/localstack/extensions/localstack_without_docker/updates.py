"""Stack updates as CloudFormation makes them, where LocalStack fails: functions with versions and aliases."""

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
"""Applies the change of one resource, given its logical id and its previous and new state."""


def update_alias(_: object, request: ResourceRequest[Any]) -> ProgressEvent[Any]:
    """Point an alias at the version in the template, with its weights and its description.

    What the template no longer contains is removed, as on AWS. Provisioned concurrency stays as it was created.
    """
    desired, previous = request.desired_state, request.previous_state
    request.aws_client_factory.lambda_.update_alias(
        FunctionName=previous["FunctionName"],
        Name=previous["Name"],
        FunctionVersion=desired["FunctionVersion"],
        Description=desired.get("Description") or "",
        RoutingConfig=desired.get("RoutingConfig") or {},
    )
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={**desired, "Id": previous["Id"]})


def wrap_resource_change(change: Change) -> Change:
    """Return a change that keeps what CloudFormation keeps.

    A resource is replaced only if a property that can't be updated has another value: LocalStack replaces it already
    if such a property refers to a resource that changes. A resource that the template no longer has stays if its
    DeletionPolicy says so, as for a function's earlier versions, which may still be running.
    """

    @functools.wraps(change)
    def carry_out(executor: Any, name: str, before: Any, after: Any) -> None:
        old, new = (getattr(each, "properties", None) for each in (before, after))
        if old and not new and _is_retained(executor, name):
            return
        if old and new and after.requires_replacement:
            immutable = _list_create_only_properties(after.resource_type)
            after.requires_replacement = any(old.properties.get(each) != new.properties.get(each) for each in immutable)
        change(executor, name, before, after)

    return carry_out


def _is_retained(executor: Any, name: str) -> bool:
    template = executor._change_set.stack.processed_template or {}
    return bool(template.get("Resources", {}).get(name, {}).get("DeletionPolicy") == "Retain")


def _list_create_only_properties(resource_type: str) -> list[str]:
    provider = ResourceProviderExecutor.try_load_resource_provider(resource_type)
    paths = provider.SCHEMA.get("createOnlyProperties", []) if provider else []
    return [path.removeprefix("/properties/").partition("/")[0] for path in paths]
