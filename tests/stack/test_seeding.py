"""The project templates: complete, stored once, and stored again only where they changed."""

from pathlib import Path
from typing import Any

import pytest

from agenticai.stack.errors import DeployError
from agenticai.stack.seeding import project_templates, seed
from shared.models.template import Template
from shared.models.text import MAX_REQUIREMENTS


class FakeDynamoDb:
    """A table as a mapping."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}

    def get_item(self, *, TableName: str, Key: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        found = self.items.get(Key["PK"]["S"])
        return {"Item": found} if found else {}

    def put_item(self, *, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803 - boto3's names
        self.items[Item["PK"]["S"]] = Item


def test_there_are_six_or_more_and_the_api_can_read_each() -> None:
    templates = [Template.model_validate(template) for template in project_templates()]
    assert len(templates) >= 6
    assert all(100 < len(template.requirements) < MAX_REQUIREMENTS / 4 for template in templates)


def test_seeding_again_writes_only_what_changed() -> None:
    table: Any = FakeDynamoDb()
    templates = project_templates()
    assert seed(table, "t", templates) == [template["id"] for template in templates]
    assert seed(table, "t", templates) == []
    assert seed(table, "t", [{**templates[0], "name": "Another"}, *templates[1:]]) == [templates[0]["id"]]


@pytest.mark.parametrize("text", ["- {id: a}", "- {id: a, name: b, description: c, requirements: ''}"])
def test_an_incomplete_template_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "templates.yaml"
    path.write_text(text)
    with pytest.raises(DeployError, match=r"templates\.yaml: every template has"):
        project_templates(path)


def test_two_of_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "templates.yaml"
    path.write_text("- {id: a, name: b, description: c, requirements: d}\n" * 2)
    with pytest.raises(DeployError, match="same id"):
        project_templates(path)
