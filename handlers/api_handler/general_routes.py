"""The routes that are not about projects: templates, health, and the API's own description."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from api_handler.contract import OPEN, PAGED, Cursor, LongLimit
from api_handler.routing import Routes
from shared.models.answers import Health, HealthReport
from shared.models.template import TEMPLATE_ID, Template
from shared.models.views import TemplatePage

templates, health = Routes("templates"), Routes("health")
PUBLIC = {"Cache-Control": "public, max-age=300"}
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

Id = Annotated[str, Path(pattern=f"^{TEMPLATE_ID}$", description="The template's id.")]


@templates.serve("GET", "/api/templates", "One page.", **PAGED)
def list_templates(limit: LongLimit = 100, cursor: Cursor = None) -> TemplatePage:
    """List the templates.

    Requirements that a project can begin from, sorted by id. Pass `next` as `cursor` until it is null.
    """
    return templates.service.list_templates(limit, cursor)


@templates.serve("GET", "/api/templates/<template_id>", "The template.")
def get_template(template_id: Id) -> Template:
    """Read a template."""
    return templates.service.get_template(template_id)


@health.serve("GET", "/health", "The API is alive.", openapi_extensions=OPEN)
def get_health() -> Health:
    """Check that the API is alive."""
    return Health()


@health.serve("GET", "/health/deep", "The API reaches all of its dependencies.")
def get_deep_health() -> HealthReport:
    """Check that the API reaches all of its dependencies.

    These are the table, the bucket, the queues and the parameters; a 503 names those that do not answer.
    """
    return health.service.check_health()


@health.get("/openapi.json", include_in_schema=False)
def openapi() -> Response[str]:
    """Return this API as an OpenAPI document."""
    return Response(HTTPStatus.OK, "application/json", health.context["document"](), headers=PUBLIC)


@health.get("/docs", include_in_schema=False)
def docs() -> Response[str]:
    """Return this API as a page to read."""
    headers = {**PUBLIC, "Content-Security-Policy": PAGE_POLICY}
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", health.context["page"](), headers=headers)
