"""The routes beside the projects: templates, health, and the API's own description."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.contract import OPEN, answers, service
from shared.models.answers import Health, HealthReport
from shared.models.template import Template, TemplateSummary

router = APIGatewayRouter()
PUBLIC = {"Cache-Control": "public, max-age=300"}
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

TemplateId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="The template's id.")]


@router.get(
    "/api/templates",
    summary="List the templates",
    tags=["templates"],
    operation_id="listTemplates",
    responses=answers(200, "What a project can begin from."),
)
def templates() -> list[TemplateSummary]:
    """List the templates."""
    return service(router).templates.listed()


@router.get(
    "/api/templates/<template_id>",
    summary="Read a template",
    tags=["templates"],
    operation_id="getTemplate",
    responses=answers(200, "The template.", 404, 422),
)
def template(template_id: TemplateId) -> Template:
    """Read a template."""
    return service(router).template(template_id)


@router.get(
    "/health",
    summary="Is the API alive?",
    tags=["health"],
    openapi_extensions=OPEN,
    operation_id="getHealth",
    responses=answers(200, "It is."),
)
def health() -> Health:
    """Is the API alive?"""
    return Health()


@router.get(
    "/health/deep",
    summary="Does the API reach all that it stands on?",
    description="The table, the bucket, the queues and the parameters; 503 says which does not answer.",
    tags=["health"],
    operation_id="getDeepHealth",
    responses=answers(200, "It does."),
)
def deep_health() -> HealthReport:
    """Does the API reach all that it stands on?"""
    return service(router).health_report()


@router.get("/openapi.json", include_in_schema=False)
def openapi() -> Response[str]:
    """This API as an OpenAPI document."""
    return Response(HTTPStatus.OK, "application/json", router.context["document"](), headers=PUBLIC)


@router.get("/docs", include_in_schema=False)
def docs() -> Response[str]:
    """This API as a page to read."""
    headers = {**PUBLIC, "Content-Security-Policy": PAGE_POLICY}
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", router.context["page"](), headers=headers)
