"""The routes that read what the agents made of a project."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from api_handler.contract import TEXT, Id
from api_handler.routing import Routes
from shared.models.events import TimelineEvent
from shared.models.plan import Plan
from shared.models.views import ArchiveView, DeploymentView, FileView, TestView

routes = Routes("what the agents made")

FilePath = Annotated[str, Path(description="The file's path; its slashes may stand as they are.")]


@routes.serve("GET", "/api/projects/<project_id>/plan", "The plan of the current build.")
def get_plan(project_id: Id) -> Plan:
    """Read the plan."""
    return routes.service.plan(project_id)


@routes.serve("GET", "/api/projects/<project_id>/files", "The files, without their contents.")
def list_files(project_id: Id) -> list[FileView]:
    """List the files."""
    return routes.service.files(project_id)


@routes.serve("GET", "/api/projects/<project_id>/files/<path>", "The file's text.", shape=TEXT)
def get_file(project_id: Id, path: FilePath) -> Response[str]:
    """Read a file."""
    content = routes.service.file(project_id, path)
    return Response(HTTPStatus.OK, content_type="text/plain; charset=utf-8", body=content.decode(errors="replace"))


@routes.serve("GET", "/api/projects/<project_id>/archive", "Where the zip is, for 15 minutes.")
def get_archive(project_id: Id) -> ArchiveView:
    """Get all files as a zip."""
    return routes.service.archive(project_id, routes.remaining)


@routes.serve("GET", "/api/projects/<project_id>/tests", "Every test of a revision, oldest first.")
def list_tests(project_id: Id) -> list[TestView]:
    """List the tests."""
    return routes.service.tests(project_id)


@routes.serve("GET", "/api/projects/<project_id>/deployments", "Every packaged revision, oldest first.")
def list_deployments(project_id: Id) -> list[DeploymentView]:
    """List the deployments."""
    return routes.service.deployments(project_id)


@routes.serve("GET", "/api/projects/<project_id>/events", "What happened, oldest first.")
def list_events(project_id: Id) -> list[TimelineEvent]:
    """Read the timeline."""
    return routes.service.events(project_id)
