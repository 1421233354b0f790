"""The routes of projects themselves."""

from functools import partial
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.contract import (
    NOTHING,
    STARTED,
    VERSIONED,
    Cursor,
    Id,
    IdempotencyKey,
    IfMatch,
    Limit,
    Status,
    answers,
    commands,
    correlation_id,
    project_response,
    refuse_unknown_parameters,
    remaining,
    service,
)
from api_handler.idempotency import once
from shared.models.views import Modification, NewProject, ProjectChange, ProjectPage, ProjectView

router = APIGatewayRouter()
TAGS = ["projects"]


@router.post(
    "/api/projects",
    status_code=HTTPStatus.CREATED,
    summary="Post requirements",
    description="The agents begin at once; follow them by the project's status and its events.",
    tags=TAGS,
    operation_id="createProject",
    responses=answers(201, "The project.", 400, 413, 415, 422, **STARTED),
)
def create(new: NewProject, idempotency_key: IdempotencyKey = None) -> Response[ProjectView]:
    """Post requirements."""
    project = commands(router).create(new, correlation_id(router), once(idempotency_key, "create", new))
    return project_response(project, HTTPStatus.CREATED)


@router.get(
    "/api/projects",
    summary="List projects",
    description="Newest first. Pass `next` as `cursor`, with the same `status`, until it is null.",
    tags=TAGS,
    operation_id="listProjects",
    middlewares=[refuse_unknown_parameters],
    responses=answers(200, "One page.", 400, 422),
)
def listed(limit: Limit = 20, status: Status = None, cursor: Cursor = None) -> ProjectPage:
    """List projects."""
    return service(router).listed(limit, status, cursor)


@router.get(
    "/api/projects/<project_id>",
    summary="Read a project",
    tags=TAGS,
    operation_id="getProject",
    responses=answers(200, "The project.", 404, 422, **VERSIONED),
)
def get(project_id: Id) -> Response[ProjectView]:
    """Read a project."""
    return project_response(service(router).project(project_id))


@router.put(
    "/api/projects/<project_id>",
    summary="Rename a project",
    description="Nothing else changes without new work. `If-Match` says which version you saw.",
    tags=TAGS,
    operation_id="renameProject",
    responses=answers(200, "The project.", 400, 404, 412, 413, 415, 422, 428, **VERSIONED),
)
def put(project_id: Id, change: ProjectChange, if_match: IfMatch = None) -> Response[ProjectView]:
    """Rename a project."""
    return project_response(commands(router).rename(project_id, change.name, if_match))


@router.delete(
    "/api/projects/<project_id>",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Delete a project",
    description="With all that it left: items and every version of its objects. Agents at work on it stop.",
    tags=TAGS,
    operation_id="deleteProject",
    responses=answers(204, "It is gone.", 404, 422, **NOTHING),
)
def delete(project_id: Id) -> Response[None]:
    """Delete a project."""
    commands(router).delete(project_id, partial(remaining, router))
    return Response(HTTPStatus.NO_CONTENT)


@router.post(
    "/api/projects/<project_id>/modify",
    status_code=HTTPStatus.ACCEPTED,
    summary="Ask for a change",
    description="Of a project that is COMPLETED or NEEDS_REVIEW: the agents make its next build from what is there.",
    tags=TAGS,
    operation_id="modifyProject",
    responses=answers(202, "The project, planning.", 400, 404, 409, 413, 415, 422, **STARTED),
)
def modify(project_id: Id, change: Modification, idempotency_key: IdempotencyKey = None) -> Response[ProjectView]:
    """Ask for a change."""
    key = once(idempotency_key, "modify", change)
    return project_response(
        commands(router).modify(project_id, change, correlation_id(router), key), HTTPStatus.ACCEPTED
    )


@router.post(
    "/api/projects/<project_id>/deploy",
    status_code=HTTPStatus.ACCEPTED,
    summary="Package again",
    description="The current revision of a project that is COMPLETED or NEEDS_REVIEW.",
    tags=TAGS,
    operation_id="deployProject",
    responses=answers(202, "The project, deploying.", 404, 409, 422, **STARTED),
)
def deploy(project_id: Id, idempotency_key: IdempotencyKey = None) -> Response[ProjectView]:
    """Package again."""
    key = once(idempotency_key, "deploy")
    return project_response(commands(router).deploy(project_id, correlation_id(router), key), HTTPStatus.ACCEPTED)


@router.post(
    "/api/projects/<project_id>/retry",
    status_code=HTTPStatus.ACCEPTED,
    summary="Try again",
    description="From the step that failed; or, where a message was lost to a dead-letter queue, from where it stands.",
    tags=TAGS,
    operation_id="retryProject",
    responses=answers(202, "The project, at the step that failed.", 404, 409, 422, **STARTED),
)
def retry(project_id: Id, idempotency_key: IdempotencyKey = None) -> Response[ProjectView]:
    """Try again."""
    key = once(idempotency_key, "retry")
    return project_response(commands(router).retry(project_id, correlation_id(router), key), HTTPStatus.ACCEPTED)
