"""A reply's schema in words: the PM's plan for somebody who writes one, and the other forms."""

from agenticai.display.schemas import describe_schema
from shared.models.plan import Plan


def test_the_plan_is_told_field_by_field_with_what_its_references_stand_for() -> None:
    lines = describe_schema(Plan.model_json_schema()).splitlines()
    assert lines[0] == "summary: text of 1 to 2000 characters"
    assert lines[1] == "assumptions: list, each text of 1 to 500 characters"
    assert "tasks: list, each an object" in [line.partition(" (")[0] for line in lines]
    assert "  files: list, each an object" in [line.partition(" (")[0] for line in lines]
    assert any(line.startswith("    action: one of create, modify, delete (") for line in lines)
    assert any(line.startswith("  id: text like ^[a-z0-9]") for line in lines)


def test_what_may_be_left_out_numbers_and_circles() -> None:
    schema = {
        "type": "object",
        "required": ["count"],
        "properties": {
            "count": {"type": "integer", "minimum": 1},
            "name": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
            "on": {"type": "boolean"},
            "node": {"$ref": "#/$defs/Node"},
            "odd": {},
        },
        "$defs": {
            "Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/Node"}}},
        },
    }
    assert describe_schema(schema).splitlines() == [
        "count: whole number of at least 1",
        "name: text of at most 5 characters, may be left out",
        "on: true or false, may be left out",
        "node: object, may be left out",
        "  next: object",
        "odd: anything, may be left out",
    ]
