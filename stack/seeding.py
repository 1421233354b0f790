"""The templates that projects begin from, stored in the table of a stage: once, and again only where they changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from agenticai.stack.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

PROJECT_TEMPLATES = Path(__file__).with_name("project_templates.yaml")
FIELDS = ("id", "name", "description", "requirements")


def project_templates(path: Path = PROJECT_TEMPLATES) -> list[Mapping[str, str]]:
    """Return the templates of a file. Raises DeployError if one lacks a field, or two have the same id."""
    templates = yaml.safe_load(path.read_text(encoding="utf-8"))
    for template in templates:
        if sorted(template) != sorted(FIELDS) or not all(
            isinstance(value, str) and value for value in template.values()
        ):
            raise DeployError(f"{path.name}: every template has {', '.join(FIELDS)}, and only those; one does not.")
    if len({template["id"] for template in templates}) != len(templates):
        raise DeployError(f"{path.name}: two templates have the same id.")
    return list(templates)


def seed(dynamodb: DynamoDBClient, table: str, templates: Sequence[Mapping[str, str]]) -> list[str]:
    """Store the templates that the table does not hold as they are; return their ids. Writes nothing else."""
    stored = []
    for template in templates:
        item = {
            "PK": {"S": f"TEMPLATE#{template['id']}"},
            "SK": {"S": "METADATA"},
            "GSI1PK": {"S": "TEMPLATE"},
            "GSI1SK": {"S": template["id"]},
            **{name: {"S": template[name]} for name in FIELDS},
        }
        key = {"PK": item["PK"], "SK": item["SK"]}
        if dynamodb.get_item(TableName=table, Key=key).get("Item") != item:
            dynamodb.put_item(TableName=table, Item=item)
            stored.append(template["id"])
    return stored
