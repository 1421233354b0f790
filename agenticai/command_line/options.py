"""Options and arguments that several groups of commands share."""

from pathlib import Path
from typing import Annotated

import typer

from agenticai.commands.settings import (
    DEFAULT_PORT,
    DEFAULT_STAGE,
    ENDPOINT,
    MODEL_NAME_VARIABLE,
    MODEL_VARIABLE,
    make_local_url,
)
from agenticai.emulator.engines.engine_choice import IMAGE, IMAGE_VARIABLE


def make_group() -> typer.Typer:
    """Return the group for a module's commands. Its help is plain text: easy to search, copy and read anywhere."""
    return typer.Typer(rich_markup_mode=None)


UnsafeRun = Annotated[
    bool,
    typer.Option("--unsafe-run", help="Run a project's own tests even if this machine has no sandbox for them."),
]


def complete_project(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the projects whose ids start with `incomplete`, with their names, for shell completion."""
    from agenticai.commands.project_ids import suggest_ids

    return suggest_ids(context.params.get("endpoint", ENDPOINT), context.params.get("stage", DEFAULT_STAGE), incomplete)


ProjectId = Annotated[
    str,
    typer.Argument(
        metavar="PROJECT",
        autocompletion=complete_project,
        help="Project's id, the beginning of one, or `last` for the newest project.",
    ),
]

File = Annotated[Path | None, typer.Option(metavar="FILE", help="Read the text from a file; - is standard input.")]

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]

EngineKind = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="KIND",
        help="How to get LocalStack: `process` starts its runtime without Docker, `container` starts its image with"
        " Docker, `running` uses one that already runs.",
        show_default="container with --localstack-image, running if LOCALSTACK_HOST is set, else process",
    ),
]

LocalStackImage = Annotated[
    str | None,
    typer.Option(
        "--localstack-image",
        metavar="IMAGE",
        help="Image of LocalStack for `--engine container`.",
        show_default=f"{IMAGE_VARIABLE}, else {IMAGE}",
    ),
]

DockerSocket = Annotated[
    bool,
    typer.Option(
        "--docker-socket",
        help="Give the container Docker's socket, which is equivalent to root access to this machine; LocalStack's own"
        " images need it to run functions.",
    ),
]

LocalStackUrl = Annotated[
    str | None,
    typer.Option(
        "--localstack-url",
        metavar="URL",
        help="Address of a running LocalStack.",
        show_default=f"LOCALSTACK_HOST, AWS_ENDPOINT_URL, else {make_local_url(DEFAULT_PORT)}",
    ),
]

ModelUrl = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="URL",
        envvar=MODEL_VARIABLE,
        show_default=False,
        help="Ask a model of an OpenAI-compatible server, such as Ollama's at http://127.0.0.1:11434/v1.",
    ),
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model-name",
        metavar="NAME",
        envvar=MODEL_NAME_VARIABLE,
        show_default="the only one that the server has",
        help="Name of the model on that server.",
    ),
]

Observed = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="File to write the secret to with which a running LocalStack reports its functions; needs our"
        " extension there.",
    ),
]

FunctionsOn = Annotated[
    str | None,
    typer.Option(
        metavar="PLATFORM",
        help="Platform of the functions in a running LocalStack: `lambda` for each function's own runtime and"
        " architecture, `lambda-x86_64` or `lambda-arm64` for another architecture, or one platform for all, such as"
        " `python3.13-arm64`.",
        show_default="the Python of this machine",
    ),
]

AllowHost = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Host name by which the engine may be reached; repeatable."),
]

AllowOrigin = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORIGIN", help="Origin whose pages may call the engine, such as http://localhost:5173; repeatable."
    ),
]

Host = Annotated[
    str,
    typer.Option(metavar="ADDRESS", help="Address to listen on; any other than 127.0.0.1 lets other machines connect."),
]

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write the code and the package to.")]
