"""The commands that run an engine: `up`, `dashboard` and `demo`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from agenticai.command_line.examples import examples
from agenticai.command_line.options import (
    AllowHost,
    AllowOrigin,
    DockerSocket,
    EngineKind,
    FunctionsOn,
    Host,
    LocalStackImage,
    LocalStackUrl,
    ModelName,
    ModelUrl,
    Observed,
    Out,
    UnsafeRun,
    make_group,
)
from agenticai.commands.settings import (
    DASHBOARD_PORT,
    DEFAULT_PORT,
    DEFAULT_STAGE,
    ENDPOINT,
    Endpoint,
    Json,
    Port,
    Stage,
)

group = make_group()


@group.command(epilog=examples("up"))
def up(
    port: Port = DEFAULT_PORT,
    live: Annotated[
        bool, typer.Option("--live", help="Ask Gemini, with the key in GEMINI_API_KEY, instead of replaying replies.")
    ] = False,
    model: ModelUrl = "",
    model_name: ModelName = "",
    host: Host = "127.0.0.1",
    allow_host: AllowHost = None,
    allow_origin: AllowOrigin = None,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Serve the dashboard too, on port 8501.")] = False,
    target: Annotated[str, typer.Option(metavar="TARGET", help="`embedded` or `localstack`.")] = "embedded",
    engine: EngineKind = None,
    localstack_url: LocalStackUrl = None,
    localstack_image: LocalStackImage = None,
    docker_socket: DockerSocket = False,
    observed: Observed = None,
    functions_on: FunctionsOn = None,
    no_iam: Annotated[bool, typer.Option("--no-iam", help="Do not enforce the IAM roles of functions.")] = False,
    no_stack: Annotated[
        bool, typer.Option("--no-stack", help="Start without the stack; `agenticai deploy` deploys it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the engine with the stack until Ctrl-C."""
    from agenticai.commands.engines import choose_engine
    from agenticai.commands.models import choose_model
    from agenticai.commands.serving import keep_engine_up, serve_until_stopped
    from agenticai.emulator.http.reach import Reach

    reach = Reach(host, allow_host or (), allow_origin or ())
    chosen = choose_engine(
        target,
        engine,
        localstack_url,
        image=localstack_image,
        docker_socket=docker_socket,
        observed=observed,
        functions_on=functions_on,
        iam=not no_iam,
    )
    model_source = choose_model(model, model_name, live=live)
    serve = keep_engine_up if no_stack else serve_until_stopped
    serve(port, reach, chosen, model_source, dashboard=dashboard, as_json=as_json)


@group.command(epilog=examples("dashboard"))
def dashboard(
    port: Annotated[
        int, typer.Option(metavar="PORT", min=1, max=65535, help="Port to serve on at 127.0.0.1.")
    ] = DASHBOARD_PORT,
    host: Host = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open it in the browser.")] = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show a stack in the browser, live."""
    from agenticai.commands.dashboard import show_dashboard

    show_dashboard(endpoint, stage, port, host, browser=not no_browser, as_json=as_json)


@group.command(epilog=examples("demo"))
def demo(out: Out = Path("out"), unsafe_run: UnsafeRun = False, as_json: Json = False) -> None:
    """Turn a stored request into tested, packaged software.

    It starts an engine of its own, and stops it at the end.
    """
    from agenticai.commands.serving import show_demo

    sys.exit(show_demo(out, unsafe_run=unsafe_run, as_json=as_json))
