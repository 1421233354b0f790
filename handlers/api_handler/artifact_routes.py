"""The routes that read what the agents made of a project."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.project_routes import Id, service
from shared.models.events import TimelineEvent
from shared.models.plan import Plan
from shared.models.views import DeploymentView, FileView, TestView

router = APIGatewayRouter()


@router.get("/api/projects/<project_id>/plan")
def plan(project_id: Id) -> Plan:
    """The plan of the current build."""
    return service().plan(project_id)


@router.get("/api/projects/<project_id>/files")
def files(project_id: Id) -> list[FileView]:
    """The project's files, without their contents."""
    return service().files(project_id)


@router.get("/api/projects/<project_id>/files/<path>")
def file(project_id: Id, path: str) -> Response[str]:
    """One file's content."""
    content = service().file(project_id, path)
    return Response(HTTPStatus.OK, content_type="text/plain; charset=utf-8", body=content.decode(errors="replace"))


@router.get("/api/projects/<project_id>/tests")
def tests(project_id: Id) -> list[TestView]:
    """Every test of a revision, oldest first."""
    return service().tests(project_id)


@router.get("/api/projects/<project_id>/deployments")
def deployments(project_id: Id) -> list[DeploymentView]:
    """Every packaged revision, oldest first."""
    return service().deployments(project_id)


@router.get("/api/projects/<project_id>/events")
def events(project_id: Id) -> list[TimelineEvent]:
    """The timeline, oldest first."""
    return service().events(project_id)
