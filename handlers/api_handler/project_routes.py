"""The routes of projects themselves."""

from functools import partial
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from api_handler.contract import (
    NOT_NOW,
    NOTHING,
    PAGED,
    STARTED,
    VERSIONED,
    Cursor,
    Id,
    IdempotencyKey,
    IfMatch,
    Limit,
    Status,
    Unproven,
    make_project_response,
)
from api_handler.requests import Once
from api_handler.routing import Routes
from shared.models.views import Modification, NewProject, ProjectChange, ProjectPage, ProjectView

routes = Routes("projects")
_starts = partial(routes.serve, "POST", status=HTTPStatus.ACCEPTED, shape=STARTED, problems=NOT_NOW)
"""Serve a POST that starts work on a project."""


@routes.serve("POST", "/api/projects", "The project.", HTTPStatus.CREATED, shape=STARTED)
def create_project(new: NewProject, idempotency_key: IdempotencyKey = None) -> Response[ProjectView]:
    """Create a project.

    The agents start at once; follow their progress in the project's status and events.
    """
    project = routes.commands.create(new, routes.correlation_id, Once.of(idempotency_key, "create", new))
    return make_project_response(project, HTTPStatus.CREATED)


@routes.serve("GET", "/api/projects", "One page.", **PAGED)
def list_projects(limit: Limit = 20, status: Status = None, cursor: Cursor = None) -> ProjectPage:
    """List projects.

    Newest first. Pass `next` as `cursor`, with the same `status`, until it is null.
    """
    return routes.service.list_projects(limit, status, cursor)


@routes.serve("GET", "/api/projects/<project_id>", "The project.", shape=VERSIONED)
def get_project(project_id: Id) -> Response[ProjectView]:
    """Read a project."""
    return make_project_response(routes.service.get_project(project_id))


@routes.serve(
    "PUT",
    "/api/projects/<project_id>",
    "The project.",
    shape=VERSIONED,
    problems={412: "The project has changed since you read it.", 428: "If-Match is missing."},
)
def rename_project(project_id: Id, change: ProjectChange, if_match: IfMatch = None) -> Response[ProjectView]:
    """Rename a project.

    Only the name can be changed without new work. `If-Match` is the ETag of the version that you read.
    """
    return make_project_response(routes.commands.rename(project_id, change.name, if_match))


@routes.serve("DELETE", "/api/projects/<project_id>", "The project is deleted.", HTTPStatus.NO_CONTENT, shape=NOTHING)
def delete_project(project_id: Id) -> Response[None]:
    """Delete a project.

    Its items, and every version of its objects, are deleted with it. Agents that work on it stop.
    """
    routes.commands.delete(project_id, routes.remaining)
    return Response(HTTPStatus.NO_CONTENT)


@_starts("/api/projects/<project_id>/modify", "The project, which is PLANNING.")
def modify_project(
    project_id: Id, change: Modification, idempotency_key: IdempotencyKey = None
) -> Response[ProjectView]:
    """Request a change.

    The project must be COMPLETED or NEEDS_REVIEW. The agents start its next build from its current files.
    """
    key = Once.of(idempotency_key, "modify", change)
    project = routes.commands.modify(project_id, change, routes.correlation_id, key)
    return make_project_response(project, HTTPStatus.ACCEPTED)


@_starts("/api/projects/<project_id>/deploy", "The project, which is DEPLOYING.")
def deploy_project(
    project_id: Id, unproven: Unproven = False, idempotency_key: IdempotencyKey = None
) -> Response[ProjectView]:
    """Package a project again.

    The project must be COMPLETED or NEEDS_REVIEW. Its current revision is packaged again. With `unproven=true` it is
    completed even if its package fails when it is tried; the timeline and the deployment say so.
    """
    key = Once.of(idempotency_key, "deploy unproven" if unproven else "deploy")
    project = routes.commands.deploy(project_id, routes.correlation_id, key, unproven=unproven)
    return make_project_response(project, HTTPStatus.ACCEPTED)


@_starts("/api/projects/<project_id>/retry", "The project, back at the step that failed.")
def retry_project(project_id: Id, idempotency_key: IdempotencyKey = None) -> Response[ProjectView]:
    """Retry a project.

    The project continues from the step that failed; if a message ended in a dead-letter queue, from its current step.
    """
    project = routes.commands.retry(project_id, routes.correlation_id, Once.of(idempotency_key, "retry"))
    return make_project_response(project, HTTPStatus.ACCEPTED)
