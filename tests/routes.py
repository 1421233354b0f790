"""The routes of the API that the template deploys."""

from collections.abc import Collection
from typing import NamedTuple

from agenticai.stack.template import Template


class Route(NamedTuple):
    """A method, in lower case, and a path, with its parameters as API Gateway spells them."""

    method: str
    path: str


def list_routes(template: Template) -> Collection[Route]:
    """Return the routes in the template's API."""
    paths = template.document["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    return {Route(method, path) for path, methods in paths.items() for method in methods}
