"""Describes a JSON schema in words: the fields of a reply, and their possible values."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def describe_schema(schema: Schema) -> str:
    """Return the fields of an object's schema as an indented list, with references resolved in place.

    A reference to a schema that is being described is named, and not described again.
    """
    return "\n".join(_describe_fields(schema, schema, "", ()))


def _describe_fields(schema: Schema, root: Schema, indent: str, parents: tuple[str, ...]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        resolved, field_parents = _resolve(field, root, parents)
        note = "" if name in required else ", may be left out"
        purpose = field.get("description") or resolved.get("description")
        yield (
            f"{indent}{name}: {_describe_kind(resolved, root, field_parents)}{note}{f' ({purpose})' if purpose else ''}"
        )
        element, nested = _resolve(resolved.get("items", resolved), root, field_parents)
        if len(set(nested)) == len(nested):
            yield from _describe_fields(element, root, f"{indent}  ", nested)


def _resolve(schema: Schema, root: Schema, parents: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
    """Return the schema that a schema refers to, and the names it is inside of; a repeated name means a cycle."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return _resolve(options[0], root, parents)
    if "$ref" not in schema:
        return schema, parents
    name = str(schema["$ref"]).rpartition("/")[2]
    return root.get("$defs", {}).get(name, {}), (*parents, name)


def _describe_kind(schema: Schema, root: Schema, parents: tuple[str, ...]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    type_name = schema.get("type", "anything")
    if type_name == "array":
        element, _ = _resolve(schema.get("items", {}), root, parents)
        return (
            f"list{_describe_range(schema, 'minItems', 'maxItems', '')},"
            f" each {_add_article(_describe_kind(element, root, parents))}"
        )
    if type_name == "string":
        like = f" like {schema['pattern']}" if "pattern" in schema else ""
        return f"text{_describe_range(schema, 'minLength', 'maxLength', ' characters')}{like}"
    names = {"object": "object", "boolean": "true or false", "integer": "whole number"}
    return names.get(str(type_name), str(type_name)) + _describe_range(schema, "minimum", "maximum", "")


def _add_article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("object") else kind


def _describe_range(schema: Schema, lower_key: str, upper_key: str, unit: str) -> str:
    low, high = schema.get(lower_key), schema.get(upper_key)
    if low is None and high is None:
        return ""
    if high is None:
        return f" of at least {low}{unit}"
    return f" of at most {high}{unit}" if low is None else f" of {low} to {high}{unit}"
