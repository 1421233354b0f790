"""Templates: requirements from which new projects can begin."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.models.base import Model

TEMPLATE_ID: Final = "[a-z0-9][a-z0-9-]{0,63}"
"""The pattern of a template's id."""

TemplateId = Annotated[str, StringConstraints(pattern=f"^{TEMPLATE_ID}$")]


class TemplateSummary(Model):
    """A template in a list."""

    id: TemplateId
    name: str
    description: str = Field(description="one sentence")


class Template(TemplateSummary):
    """The `METADATA` item of a template: requirements from which a project begins."""

    requirements: str
