"""The commands that create projects, and follow them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from agenticai.command_line.examples import examples
from agenticai.command_line.options import File, Out, ProjectId, complete_project, make_group
from agenticai.commands.settings import DEFAULT_STAGE, ENDPOINT, Endpoint, Json, Stage
from agenticai.commands.stack import Stack

group = make_group()
token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Manage the API's token.")


@group.command(epilog=examples("new"))
def new(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What the software should do; or use --file or --template.")
    ] = None,
    file: File = None,
    template: Annotated[
        str | None, typer.Option(metavar="ID", help="Begin from a template; `agenticai templates` lists them.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the project.", show_default="the first words of the text")
    ] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Create a project from requirements and follow it.

    Ctrl-C stops following; the project goes on.
    """
    from agenticai.commands.projects import PostedRequest, post_project

    sys.exit(post_project(PostedRequest(text, file, template, name), Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("modify"))
def modify(
    project_id: ProjectId,
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="What should change; or use --file.")] = None,
    file: File = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Request a change to a finished project and follow it."""
    from agenticai.commands.projects import modify_project

    sys.exit(modify_project(project_id, text, file, Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("retry"))
def retry(
    project_id: ProjectId, endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False
) -> None:
    """Retry the step that failed or got stuck, and follow it."""
    from agenticai.commands.projects import retry_project

    sys.exit(retry_project(project_id, Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("package"))
def package(
    project_id: ProjectId,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Complete the project even if its package fails when it is tried.")
    ] = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Package a finished project again and follow it."""
    from agenticai.commands.projects import package_project

    sys.exit(package_project(project_id, unproven, Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("follow"))
def follow(
    project_id: ProjectId, endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False
) -> None:
    """Follow a project until it ends.

    First shows the progress since the latest request to it.
    """
    from agenticai.commands.projects import follow_project

    sys.exit(follow_project(project_id, Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("status"))
def status(
    project_id: Annotated[
        str | None,
        typer.Argument(
            metavar="PROJECT",
            autocompletion=complete_project,
            help="Project's id, the beginning of one, or `last`; omit to list the newest projects.",
        ),
    ] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show one project with its timeline, or list the newest."""
    from agenticai.commands.projects import show_status

    show_status(project_id, Stack(endpoint, stage, as_json))


@group.command(epilog=examples("get"))
def get(
    project_id: ProjectId,
    out: Out = Path("out"),
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Download a project's files and its deployment package."""
    from agenticai.commands.projects import fetch

    sys.exit(fetch(project_id, out, Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("templates"))
def templates(endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False) -> None:
    """List the templates that a project can begin from."""
    from agenticai.commands.projects import show_templates

    show_templates(Stack(endpoint, stage, as_json))


@token.command(epilog=examples("token rotate"))
def rotate(endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False) -> None:
    """Replace the API's token; the old one stays valid for 24 hours."""
    from agenticai.commands.projects import rotate_token

    rotate_token(Stack(endpoint, stage, as_json))
