"""The routes that read what the agents made of a project."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.contract import TEXT, Id, answers, remaining, service
from shared.models.events import TimelineEvent
from shared.models.plan import Plan
from shared.models.views import ArchiveView, DeploymentView, FileView, TestView

router = APIGatewayRouter()
TAGS = ["what the agents made"]


@router.get(
    "/api/projects/<project_id>/plan",
    summary="Read the plan",
    tags=TAGS,
    operation_id="getPlan",
    responses=answers(200, "The plan of the current build.", 404, 422),
)
def plan(project_id: Id) -> Plan:
    """Read the plan."""
    return service(router).plan(project_id)


@router.get(
    "/api/projects/<project_id>/files",
    summary="List the files",
    tags=TAGS,
    operation_id="listFiles",
    responses=answers(200, "The files, without their contents.", 404, 422),
)
def files(project_id: Id) -> list[FileView]:
    """List the files."""
    return service(router).files(project_id)


@router.get(
    "/api/projects/<project_id>/files/<path>",
    summary="Read a file",
    tags=TAGS,
    operation_id="getFile",
    responses=answers(200, "The file's text.", 404, 422, **TEXT),
)
def file(
    project_id: Id, path: Annotated[str, Path(description="The file's path; its slashes may stand as they are.")]
) -> Response[str]:
    """Read a file."""
    content = service(router).file(project_id, path)
    return Response(HTTPStatus.OK, content_type="text/plain; charset=utf-8", body=content.decode(errors="replace"))


@router.get(
    "/api/projects/<project_id>/archive",
    summary="Get all files as a zip",
    tags=TAGS,
    operation_id="getArchive",
    responses=answers(200, "Where the zip is, for 15 minutes.", 404, 422),
)
def archive(project_id: Id) -> ArchiveView:
    """Get all files as a zip."""
    return service(router).archive(project_id, partial(remaining, router))


@router.get(
    "/api/projects/<project_id>/tests",
    summary="List the tests",
    tags=TAGS,
    operation_id="listTests",
    responses=answers(200, "Every test of a revision, oldest first.", 404, 422),
)
def tests(project_id: Id) -> list[TestView]:
    """List the tests."""
    return service(router).tests(project_id)


@router.get(
    "/api/projects/<project_id>/deployments",
    summary="List the deployments",
    tags=TAGS,
    operation_id="listDeployments",
    responses=answers(200, "Every packaged revision, oldest first.", 404, 422),
)
def deployments(project_id: Id) -> list[DeploymentView]:
    """List the deployments."""
    return service(router).deployments(project_id)


@router.get(
    "/api/projects/<project_id>/events",
    summary="Read the timeline",
    tags=TAGS,
    operation_id="listEvents",
    responses=answers(200, "What happened, oldest first.", 404, 422),
)
def events(project_id: Id) -> list[TimelineEvent]:
    """Read the timeline."""
    return service(router).events(project_id)
