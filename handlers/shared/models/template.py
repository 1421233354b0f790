"""Templates: projects to begin from."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.models.base import Model

TemplateId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class TemplateSummary(Model):
    """A template in a list."""

    id: TemplateId
    name: str
    description: str = Field(description="one sentence")


class Template(TemplateSummary):
    """The `METADATA` item of a template: requirements that a project begins with."""

    requirements: str
