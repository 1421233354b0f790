"""Evaluates the conditions of templates completely, and applies them in change sets."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

Template = Mapping[str, Any]

OF_VALUES: Final = frozenset({"Fn::FindInMap", "Fn::Join", "Fn::Split", "Fn::Sub"})
"""Intrinsic functions that MiniStack resolves everywhere but in conditions, like pseudo parameters."""


def resolve_condition_functions(engine: Any, importers: Iterable[Any]) -> None:
    """Have MiniStack resolve the intrinsic functions in conditions, which it ignored.

    `importers` are the modules that have imported the function by its name.
    """
    evaluate: Callable[[Template, Mapping[str, Any]], dict[str, bool]] = engine._evaluate_conditions

    def evaluate_resolved(template: Template, parameters: Mapping[str, Any]) -> dict[str, bool]:
        def resolve_part(part: Any) -> Any:
            if isinstance(part, list):
                return [resolve_part(each) for each in part]
            if not isinstance(part, dict):
                return part
            if OF_VALUES.isdisjoint(part) and not str(part.get("Ref")).startswith("AWS::"):
                return {name: resolve_part(each) for name, each in part.items()}
            return engine._resolve_refs(part, {}, parameters, {}, template.get("Mappings", {}), "", "")

        return evaluate({**template, "Conditions": resolve_part(template.get("Conditions", {}))}, parameters)

    for module in (engine, *importers):
        module._evaluate_conditions = evaluate_resolved


def skip_false_conditions(changesets: Any) -> None:
    """Have MiniStack compare templates without resources whose condition is false."""
    resolve: Callable[..., Template] = changesets._resolve_props_for_diff

    def resolve_included(template: Template, parameters: Mapping[str, Any], *stack: str) -> Template:
        document = resolve(template, parameters, *stack)
        if not document:
            return document
        conditions = changesets._evaluate_conditions(template, parameters)
        included = {
            name: resource
            for name, resource in document["Resources"].items()
            if conditions.get(resource.get("Condition"), True)
        }
        return {**document, "Resources": included}

    changesets._resolve_props_for_diff = resolve_included
