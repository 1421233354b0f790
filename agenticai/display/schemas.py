"""Describes a JSON schema in words: the fields of a reply, and their possible values."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def describe_schema(schema: Schema) -> str:
    """Return the fields of an object's schema as an indented list, with references resolved in place.

    A reference to a schema that is being described is named, and not described again.
    """
    return "\n".join(_fields(schema, schema, "", ()))


def _fields(schema: Schema, root: Schema, indent: str, inside: tuple[str, ...]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        found, within = _resolve(field, root, inside)
        told = "" if name in required else ", may be left out"
        purpose = field.get("description") or found.get("description")
        yield f"{indent}{name}: {_kind(found, root, within)}{told}{f' ({purpose})' if purpose else ''}"
        element, nested = _resolve(found.get("items", found), root, within)
        if len(set(nested)) == len(nested):
            yield from _fields(element, root, f"{indent}  ", nested)


def _resolve(schema: Schema, root: Schema, inside: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
    """Return the schema that a schema refers to, and the names it is inside of; a repeated name means a cycle."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        return _resolve(options[0], root, inside)
    if "$ref" not in schema:
        return schema, inside
    name = str(schema["$ref"]).rpartition("/")[2]
    return root.get("$defs", {}).get(name, {}), (*inside, name)


def _kind(schema: Schema, root: Schema, inside: tuple[str, ...]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kind = schema.get("type", "anything")
    if kind == "array":
        element, _ = _resolve(schema.get("items", {}), root, inside)
        return f"list{_range(schema, 'minItems', 'maxItems', '')}, each {_article(_kind(element, root, inside))}"
    if kind == "string":
        like = f" like {schema['pattern']}" if "pattern" in schema else ""
        return f"text{_range(schema, 'minLength', 'maxLength', ' characters')}{like}"
    names = {"object": "object", "boolean": "true or false", "integer": "whole number"}
    return names.get(str(kind), str(kind)) + _range(schema, "minimum", "maximum", "")


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("object") else kind


def _range(schema: Schema, least: str, most: str, unit: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if low is None and high is None:
        return ""
    if high is None:
        return f" of at least {low}{unit}"
    return f" of at most {high}{unit}" if low is None else f" of {low} to {high}{unit}"
