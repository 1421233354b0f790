"""The project templates: complete, stored once, and stored again only if they changed."""

from pathlib import Path
from typing import Any

import pytest

from agenticai.scenarios.benches.project_templates import read_project_templates, seed_project_templates
from agenticai.scenarios.format.errors import ScenarioError
from shared.models.text import MAX_REQUIREMENTS


class FakeDynamoDb:
    """A table as a mapping."""

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's names
        found = self.items.get(Key["PK"]["S"])
        return {"Item": found} if found else {}

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> None:  # noqa: N803 - boto3's names
        self.items[Item["PK"]["S"]] = Item

    update_item = delete_item = None


def test_there_are_six_or_more_and_each_is_of_a_sensible_length() -> None:
    templates = read_project_templates()
    assert len(templates) >= 6
    assert all(100 < len(template.requirements) < MAX_REQUIREMENTS / 4 for template in templates)


def test_seeding_again_writes_only_what_changed() -> None:
    table: Any = FakeDynamoDb()
    first, *others = read_project_templates()
    assert seed_project_templates(table, "t", [first, *others]) == [template.id for template in (first, *others)]
    assert seed_project_templates(table, "t", [first, *others]) == []
    renamed = first.model_copy(update={"name": "Another"})
    assert seed_project_templates(table, "t", [renamed, *others]) == [first.id]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {id: a}", "no list of project templates"),
        ("- {id: a, name: b, description: c, requirements: d, more: e}", "no list of project templates"),
        ("- {id: a, name: b, description: c, requirements: d}\n" * 2, "two templates have the id a"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "templates.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=said):
        read_project_templates(path)
