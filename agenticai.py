"""The command line: one short function per command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A serverless software factory on AWS, and the bench it is built on.",
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output, and nothing else.")]
Endpoint = Annotated[str, typer.Option(help="The address of the engine that `agenticai up` started.")]
Stage = Annotated[str, typer.Option(help="The stage of the stack.")]
ProjectId = Annotated[str, typer.Argument(help="The id of a project.")]

ENDPOINT = "http://127.0.0.1:4566"


@app.command()
def up(
    port: Annotated[int, typer.Option(help="The port to listen on, on 127.0.0.1.", min=0, max=65535)] = 4566,
    live: Annotated[
        bool, typer.Option("--live", help="Ask Gemini, with the key in GEMINI_API_KEY, instead of replaying replies.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the engine with the stack in the foreground, until Ctrl-C."""
    from scenarios.serving import keep_up

    keep_up(port, live=live, as_json=as_json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the code and the package are written.")] = Path("out"),
    as_json: Json = False,
) -> None:
    """Watch a request become tested, packaged software, on an engine of its own."""
    from scenarios.serving import show_demo

    sys.exit(show_demo(out, as_json=as_json))


@app.command()
def new(
    text: Annotated[str | None, typer.Argument(help="The requirements; leave out with --file.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file with the requirements; - for standard input.")] = None,
    template: Annotated[
        str | None, typer.Option(help="A template to begin from; `agenticai templates` lists them.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The project's name; else the first words of the text.")] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Post requirements and follow the project to its end."""
    from scenarios.commands import Request, post_project

    sys.exit(post_project(Request(text, file, template, name), endpoint, stage, as_json=as_json))


@app.command()
def status(
    project_id: Annotated[str | None, typer.Argument(help="A project's id; all projects without it.")] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Show one project with its timeline, or list the newest."""
    from scenarios.commands import show_status

    show_status(project_id, endpoint, stage, as_json=as_json)


@app.command()
def get(
    project_id: ProjectId,
    out: Annotated[Path, typer.Option(help="Where the files and the package are written.")] = Path("out"),
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Download a project's files and package."""
    from scenarios.commands import fetch

    fetch(project_id, out, endpoint, stage, as_json=as_json)


@app.command()
def templates(endpoint: Endpoint = ENDPOINT, stage: Stage = "dev", as_json: Json = False) -> None:
    """List the templates that a project can begin from."""
    from scenarios.commands import show_templates

    show_templates(endpoint, stage, as_json=as_json)


def main() -> None:
    """Run the command line; what a person can mend is told in a sentence, not a traceback."""
    from emulator.errors import EngineError
    from scenarios.errors import ScenarioError
    from stack.errors import StackError

    try:
        app()
    except (EngineError, ScenarioError, StackError) as error:
        sys.exit(f"agenticai: {error}")
    except KeyboardInterrupt:
        sys.exit("agenticai: interrupted.")


if __name__ == "__main__":
    main()
