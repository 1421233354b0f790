"""The routes that read what the agents made of a project."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from api_handler.contract import PAGED, TEXT, Cursor, Id, LongLimit
from api_handler.routing import Routes
from shared.models.plan import Plan
from shared.models.views import ArchiveView, DeploymentPage, EventPage, FilePage, TestPage

routes = Routes("results")

FilePath = Annotated[str, Path(description="The file's path; its slashes need not be encoded.")]


@routes.serve("GET", "/api/projects/<project_id>/plan", "The plan of the current build.")
def get_plan(project_id: Id) -> Plan:
    """Read the plan."""
    return routes.service.get_plan(project_id)


@routes.serve("GET", "/api/projects/<project_id>/files", "One page.", **PAGED)
def list_files(project_id: Id, limit: LongLimit = 100, cursor: Cursor = None) -> FilePage:
    """List the files.

    Sorted by path, without their contents. Pass `next` as `cursor` until it is null.
    """
    return routes.service.list_files(project_id, limit, cursor)


@routes.serve("GET", "/api/projects/<project_id>/files/<path>", "The file's text.", shape=TEXT)
def get_file(project_id: Id, path: FilePath) -> Response[str]:
    """Read a file."""
    content = routes.service.read_file(project_id, path)
    return Response(HTTPStatus.OK, content_type="text/plain; charset=utf-8", body=content.decode(errors="replace"))


@routes.serve("GET", "/api/projects/<project_id>/archive", "A link to the zip, valid for 15 minutes.")
def get_archive(project_id: Id) -> ArchiveView:
    """Get all files as a zip."""
    return routes.service.get_archive(project_id, routes.remaining)


@routes.serve("GET", "/api/projects/<project_id>/tests", "One page.", **PAGED)
def list_tests(project_id: Id, limit: LongLimit = 100, cursor: Cursor = None) -> TestPage:
    """List the tests.

    One for each revision, oldest first. Pass `next` as `cursor` until it is null.
    """
    return routes.service.list_tests(project_id, limit, cursor)


@routes.serve("GET", "/api/projects/<project_id>/deployments", "One page.", **PAGED)
def list_deployments(project_id: Id, limit: LongLimit = 100, cursor: Cursor = None) -> DeploymentPage:
    """List the deployments.

    Every packaged revision, oldest first. Pass `next` as `cursor` until it is null.
    """
    return routes.service.list_deployments(project_id, limit, cursor)


@routes.serve("GET", "/api/projects/<project_id>/events", "One page.", **PAGED)
def list_events(project_id: Id, limit: LongLimit = 100, cursor: Cursor = None) -> EventPage:
    """Read the timeline.

    Events, oldest first. Pass `next` as `cursor` until it is null.
    """
    return routes.service.list_events(project_id, limit, cursor)
