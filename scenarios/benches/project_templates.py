"""Stores the project templates in a stage's table: all of them once, later only those that changed."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from agenticai.scenarios.format.errors import ScenarioError
from agenticai.stack.template import TEMPLATE
from shared.models.template import Template
from shared.storage.dynamodb import DynamoDbTable
from shared.templates import Templates, put_template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROJECT_TEMPLATES: Final = TEMPLATE.with_name("project_templates.yaml")

_FILE: Final = TypeAdapter(tuple[Template, ...])


def read_project_templates(path: Path = PROJECT_TEMPLATES) -> tuple[Template, ...]:
    """Read the templates from a file. Raises ScenarioError if one is incomplete, or two have the same id."""
    try:
        templates = _FILE.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ScenarioError(f"{path.name} is no list of project templates: {error}") from error
    [(id_, times)] = Counter(template.id for template in templates).most_common(1)
    if times > 1:
        raise ScenarioError(f"{path.name}: two templates have the id {id_}.")
    return templates


def seed_project_templates(dynamodb: "DynamoDBClient", table_name: str, templates: Sequence[Template]) -> list[str]:
    """Store the templates that are missing in the table or differ from it, and return their ids."""
    table = DynamoDbTable(dynamodb, table_name)
    stored = Templates(table)
    changed = [template for template in templates if stored.get(template.id) != template]
    for template in changed:
        table.write(put_template(template))
    return [template.id for template in changed]
