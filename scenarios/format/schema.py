"""The JSON Schema of scenario files, for editors; `python -m agenticai.scenarios.format.schema` writes it."""

import json
from typing import Any, Final

from agenticai.scenarios.format.scenario import SCENARIOS, Scenario

FILE: Final = SCENARIOS / "scenario.schema.json"


def make_schema() -> dict[str, Any]:
    """Return the schema, in the draft that Pydantic writes."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}


def format_schema() -> str:
    """Return the text of the schema's file."""
    return json.dumps(make_schema(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(format_schema(), encoding="utf-8")
