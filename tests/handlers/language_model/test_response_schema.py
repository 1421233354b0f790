"""The JSON schema for the older SDK: references are resolved, and unsupported keywords are dropped."""

from typing import Any

import pytest

from shared.language_model.google_generativeai import make_response_schema

NAME = {"type": "string", "description": "a name"}


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "string", "title": "T", "pattern": "x"}, {"type": "string"}),
        ({"type": "string", "description": "d", "enum": ["a"]}, {"type": "string", "description": "d", "enum": ["a"]}),
        ({"type": "string", "nullable": True}, {"type": "string", "nullable": True}),
        ({"$ref": "#/$defs/Name"}, {"type": "string", "description": "a name"}),
        ({"$ref": "#/$defs/Name", "description": "another"}, {"type": "string", "description": "another"}),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, {"type": "integer", "nullable": True}),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "integer"}),
        ({"anyOf": [{"$ref": "#/$defs/Name"}, {"type": "null"}]}, {**NAME, "nullable": True}),
        (
            {"type": "array", "items": {"$ref": "#/$defs/Name"}, "minItems": 1, "maxItems": 3},
            {"type": "array", "items": NAME, "min_items": 1, "max_items": 3},
        ),
        (
            {"type": "object", "properties": {"n": {"$ref": "#/$defs/Name"}}, "required": ["n"]},
            {"type": "object", "properties": {"n": NAME}, "required": ["n"]},
        ),
    ],
)
def test_a_schema_is_sent_without_what_the_sdk_does_not_know(schema: dict[str, Any], sent: dict[str, Any]) -> None:
    assert make_response_schema(schema, {"Name": {**NAME, "maxLength": 9}}) == sent
