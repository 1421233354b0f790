"""The conditions of a template's resources, in what a change set says would change."""

from collections.abc import Callable, Mapping
from typing import Any

Template = Mapping[str, Any]


def leave_out_unwanted(changesets: Any) -> None:
    """Have MiniStack compare templates without the resources whose condition does not hold."""
    resolve: Callable[..., Template] = changesets._resolve_props_for_diff

    def resolved(template: Template, parameters: Mapping[str, Any], *stack: str) -> Template:
        document = resolve(template, parameters, *stack)
        if not document:
            return document
        conditions = changesets._evaluate_conditions(template, parameters)
        wanted = {
            name: resource
            for name, resource in document["Resources"].items()
            if conditions.get(resource.get("Condition"), True)
        }
        return {**document, "Resources": wanted}

    changesets._resolve_props_for_diff = resolved
