"""Reads the templates in the table."""

from shared.models import layout
from shared.models.template import Template, TemplateSummary
from shared.storage.table import INDEX_PARTITION, INDEX_SORT, Attributes, Index, Key, Put, Table


class Templates:
    """The templates of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list_summaries(self) -> list[TemplateSummary]:
        """Return the templates, by id."""
        items = self._table.query_index(Index.ALL, layout.Listing.TEMPLATES)
        return [
            TemplateSummary.model_validate(_select_fields(TemplateSummary, item.attributes)) for item in reversed(items)
        ]

    def get(self, template_id: str) -> Template | None:
        """Return one template; None if it does not exist."""
        stored = self._table.get(_make_key(template_id))
        return Template.model_validate(_select_fields(Template, stored)) if stored else None


def put_template(template: Template) -> Put:
    """Return the write that stores a template, replacing an earlier one with that id."""
    indexed = {INDEX_PARTITION[Index.ALL]: layout.Listing.TEMPLATES, INDEX_SORT: template.id}
    return Put(_make_key(template.id), {**template.model_dump(), **indexed})


def _make_key(template_id: str) -> Key:
    return Key(layout.template(template_id), layout.METADATA)


def _select_fields(kind: type[TemplateSummary], stored: Attributes) -> Attributes:
    return {name: value for name, value in stored.items() if name in kind.model_fields}
