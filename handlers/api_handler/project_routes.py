"""The routes of projects themselves."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.service import Service
from shared.models.views import Health, NewProject, ProjectPage, ProjectView

router = APIGatewayRouter()

Id = Annotated[str, Path(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$", description="the project's id")]
Limit = Annotated[int, Query(ge=1, le=100, description="how many at the most")]
Cursor = Annotated[str | None, Query(max_length=800, description="`next` of the page before")]


def service() -> Service:
    """The use cases, put into the context by the function's handler."""
    made: Service = router.context["service"]()
    return made


@router.get("/health")
def health() -> Health:
    """Whether the API is alive; needs no token."""
    return Health()


@router.post("/api/projects", status_code=HTTPStatus.CREATED)
def create(new: NewProject) -> Response[ProjectView]:
    """Post requirements; the agents begin at once."""
    made = service().create(new, router.current_event.request_context.request_id)
    return Response(HTTPStatus.CREATED, body=made, headers={"Location": f"/api/projects/{made.id}"})


@router.get("/api/projects")
def listed(limit: Limit = 20, cursor: Cursor = None) -> ProjectPage:
    """Projects, newest first."""
    return service().listed(limit, cursor)


@router.get("/api/projects/<project_id>")
def get(project_id: Id) -> ProjectView:
    """One project."""
    return service().get(project_id)
