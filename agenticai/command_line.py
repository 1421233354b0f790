"""The command line: one short function per command."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from agenticai.commands.settings import (
    DASHBOARD_PORT,
    DEFAULT_PORT,
    DEFAULT_STAGE,
    ENDPOINT,
    TARGETS,
    Endpoint,
    Json,
    Port,
    Stage,
    local,
)
from agenticai.emulator.engines.chosen import IMAGE, IMAGE_VARIABLE
from agenticai.examples import examples

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: it can be searched, copied, and read in any terminal
    epilog=examples("agenticai"),
    help="A serverless software factory on AWS, and the bench to run, replay and measure it offline.",
)

token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Manage the token that the API asks for.")
app.add_typer(token, name="token")

Sides = Literal["before", "after", "both", "again", "all"]
UnsafeRun = Annotated[
    bool,
    typer.Option("--unsafe-run", help="Run a project's own tests even where this machine has no sandbox for them."),
]


def _complete(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from agenticai.commands.project_ids import suggest_ids

    return suggest_ids(context.params.get("endpoint", ENDPOINT), context.params.get("stage", DEFAULT_STAGE), incomplete)


ProjectId = Annotated[
    str,
    typer.Argument(
        metavar="PROJECT",
        autocompletion=_complete,
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
        help="How to have LocalStack: `process` starts its runtime without Docker, `container` its image with Docker,"
        " `running` takes one that is up.",
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
        help="Give that container Docker's socket, with which it may do all that root may: LocalStack's own images run"
        " functions by it.",
    ),
]
LocalStackUrl = Annotated[
    str | None,
    typer.Option(
        "--localstack-url",
        metavar="URL",
        help="Address of a LocalStack that runs.",
        show_default=f"LOCALSTACK_HOST, AWS_ENDPOINT_URL, else {local(DEFAULT_PORT)}",
    ),
]
Host = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Address to listen on; other than 127.0.0.1 lets other machines in.")
]


def _agree(yes: bool, *, word: bool = False) -> Callable[[str, str], bool]:
    """Return what asks before something is changed: for a word to be typed where much is at stake, as in production."""

    def ask(question: str, name: str) -> bool:
        if yes:
            return True
        if word or name.startswith("prod"):
            return bool(
                typer.prompt(f"{question} Type {name} to go on", default="", show_default=False, err=True) == name
            )
        return typer.confirm(question, err=True)

    return ask


Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder to write the code and the package to.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"agenticai {metadata.version('agenticai')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that come before a command."""


@app.command(epilog=examples("up"))
def up(
    port: Port = DEFAULT_PORT,
    live: Annotated[
        bool, typer.Option("--live", help="Ask Gemini, with the key in GEMINI_API_KEY, instead of replaying replies.")
    ] = False,
    host: Host = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Host name by which the engine may be reached; repeatable."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="Origin whose pages may call the engine, as http://localhost:5173; repeatable."
        ),
    ] = None,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Serve the dashboard beside it.")] = False,
    target: Annotated[str, typer.Option(metavar="TARGET", help="`embedded` or `localstack`.")] = "embedded",
    engine: EngineKind = None,
    localstack_url: LocalStackUrl = None,
    localstack_image: LocalStackImage = None,
    docker_socket: DockerSocket = False,
    observed: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The LocalStack that runs tells of its functions, with the secret that is written to this file.",
        ),
    ] = None,
    no_stack: Annotated[
        bool, typer.Option("--no-stack", help="Leave the stack out; `agenticai deploy` deploys it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the engine with the stack until Ctrl-C."""
    from agenticai.commands.engines import chosen_engine
    from agenticai.commands.serving import keep_engine_up, keep_up
    from agenticai.emulator.http.reach import Reach

    reach = Reach(host, allow_host or (), allow_origin or ())
    chosen = chosen_engine(
        target, engine, localstack_url, image=localstack_image, docker_socket=docker_socket, observed=observed
    )
    if no_stack:
        keep_engine_up(port, reach, chosen, live=live, dashboard=dashboard, as_json=as_json)
    else:
        keep_up(port, reach, chosen, live=live, dashboard=dashboard, as_json=as_json)


Region = Annotated[
    str, typer.Option(metavar="REGION", help="Region of AWS.", show_default="your profile's, else us-east-1")
]
Profile = Annotated[
    str, typer.Option(metavar="PROFILE", help="Profile of your AWS settings.", show_default="AWS_PROFILE, else default")
]


@app.command(epilog=examples("deploy"))
def deploy(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Parameter of the template; one left out keeps its value. Repeatable."),
    ] = None,
    no_trial: Annotated[bool, typer.Option("--no-trial", help="Try no project out after a deployment to AWS.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Deploy the stack to AWS, or to an engine that runs.

    On AWS it says first what stands in the way, shows what would change, and asks.
    """
    from agenticai.commands.deploy import Deployment, Where, parse_parameters
    from agenticai.commands.deploy import deploy as deploy_stage

    where = Where(endpoint, stage, region, profile)
    parameters = parse_parameters(parameter or [])
    deploy_stage(Deployment(where, parameters, _agree(yes), trial=not no_trial), as_json=as_json)


@app.command(epilog=examples("diff"))
def diff(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    as_json: Json = False,
) -> None:
    """Show what a deployment would change, and drift."""
    from agenticai.commands.deploy import Where
    from agenticai.commands.stage import show_diff

    show_diff(Where(endpoint, stage, region, profile), as_json=as_json)


@app.command(epilog=examples("outputs"))
def outputs(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    as_json: Json = False,
) -> None:
    """Show the names and addresses of a deployed stage."""
    from agenticai.commands.deploy import Where
    from agenticai.commands.stage import show_outputs

    show_outputs(Where(endpoint, stage, region, profile), as_json=as_json)


@app.command(epilog=examples("rollback"))
def rollback(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Have the functions serve as before the last deployment."""
    from agenticai.commands.deploy import Where
    from agenticai.commands.stage import roll_back

    roll_back(Where(endpoint, stage, region, profile), _agree(yes), as_json=as_json)


@app.command(epilog=examples("destroy"))
def destroy(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete a stage with all that is in it.

    The stage's name has to be typed first.
    """
    from agenticai.commands.deploy import Where
    from agenticai.commands.stage import destroy as destroy_stage

    destroy_stage(Where(endpoint, stage, region, profile), _agree(yes, word=True), as_json=as_json)


@app.command(epilog=examples("dashboard"))
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


@app.command(epilog=examples("demo"))
def demo(out: Out = Path("out"), unsafe_run: UnsafeRun = False, as_json: Json = False) -> None:
    """Turn a stored request into tested, packaged software.

    An engine is started for it, and ends with it.
    """
    from agenticai.commands.serving import show_demo

    sys.exit(show_demo(out, unsafe_run=unsafe_run, as_json=as_json))


@app.command(epilog=examples("new"))
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

    Ctrl-C ends the following, not the project.
    """
    from agenticai.commands.projects import PostedRequest, post_project
    from agenticai.commands.stack import Stack

    sys.exit(post_project(PostedRequest(text, file, template, name), Stack(endpoint, stage, as_json)))


@app.command(epilog=examples("modify"))
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
    from agenticai.commands.stack import Stack

    sys.exit(modify_project(project_id, text, file, Stack(endpoint, stage, as_json)))


@app.command(epilog=examples("retry"))
def retry(
    project_id: ProjectId, endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False
) -> None:
    """Retry the step that failed or got stuck, and follow it."""
    from agenticai.commands.projects import retry_project
    from agenticai.commands.stack import Stack

    sys.exit(retry_project(project_id, Stack(endpoint, stage, as_json)))


@app.command(epilog=examples("follow"))
def follow(
    project_id: ProjectId, endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False
) -> None:
    """Follow a project until it ends.

    What came of the latest request to it is shown first.
    """
    from agenticai.commands.projects import follow_project
    from agenticai.commands.stack import Stack

    sys.exit(follow_project(project_id, Stack(endpoint, stage, as_json)))


@app.command(epilog=examples("status"))
def status(
    project_id: Annotated[
        str | None,
        typer.Argument(
            metavar="PROJECT",
            autocompletion=_complete,
            help="Project's id, the beginning of one, or `last`; omit to list the newest projects.",
        ),
    ] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show one project with its timeline, or list the newest."""
    from agenticai.commands.projects import show_status
    from agenticai.commands.stack import Stack

    show_status(project_id, Stack(endpoint, stage, as_json))


@app.command(epilog=examples("get"))
def get(
    project_id: ProjectId,
    out: Out = Path("out"),
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Download a project's files and its deployment package."""
    from agenticai.commands.projects import fetch
    from agenticai.commands.stack import Stack

    sys.exit(fetch(project_id, out, Stack(endpoint, stage, as_json)))


@app.command(epilog=examples("templates"))
def templates(endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False) -> None:
    """List the templates that a project can begin from."""
    from agenticai.commands.projects import show_templates
    from agenticai.commands.stack import Stack

    show_templates(Stack(endpoint, stage, as_json))


@app.command(epilog=examples("queues"))
def queues(endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False) -> None:
    """Show what waits in every queue and dead-letter queue."""
    from agenticai.commands.queues import show_queues
    from agenticai.commands.stack import Stack

    show_queues(Stack(endpoint, stage, as_json))


@app.command(epilog=examples("dlq"))
def dlq(
    queue: Annotated[
        str | None, typer.Argument(metavar="QUEUE", help="pm, dev, qa or ops, or a queue's name; omit for all.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show each message's whole body and every attempt.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", help="Show at most N messages per queue.", min=1)] = 20,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show dead letters: what each asked for, and why it failed."""
    from agenticai.commands.queues import show_dead_letters
    from agenticai.commands.stack import Stack

    show_dead_letters(queue, limit, Stack(endpoint, stage, as_json), full=full)


@app.command(epilog=examples("redrive"))
def redrive(
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="pm, dev, qa or ops, or a queue's name.")],
    message: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Id of a dead letter, or the beginning of one; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Send all dead letters of the queue back.")] = False,
    rate: Annotated[
        int | None, typer.Option(metavar="N", help="With --all: send at most N messages per second.", min=1, max=500)
    ] = None,
    yes: Yes = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Send dead letters back to the queue that they came from."""
    from agenticai.commands.queues import Choice, redrive_letters
    from agenticai.commands.stack import Stack

    choice, stack = Choice(tuple(message or ()), everything, rate), Stack(endpoint, stage, as_json)
    sys.exit(redrive_letters(queue, choice, stack, lambda question: yes or typer.confirm(question, err=True)))


@app.command(epilog=examples("logs"))
def logs(
    function: Annotated[
        str | None,
        typer.Argument(metavar="FUNCTION", help="api, pm, dev, qa or ops, or a function's name; omit for all."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")] = False,
    project: Annotated[
        str | None,
        typer.Option(metavar="PROJECT", help="Show only lines that name this project.", autocompletion=_complete),
    ] = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="How far to look back, such as 30s, 5m, 2h or 1d.")] = "5m",
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show what the functions log.

    With --json, every line is a JSON document.
    """
    from agenticai.commands.logs import show_logs
    from agenticai.commands.stack import Stack

    show_logs(function, since, project, Stack(endpoint, stage, as_json), follow=follow)


@app.command(epilog=examples("cost"))
def cost(
    budget: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hold the figures to this budget; docs/cost.md explains it.")
    ] = None,
    projects: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Forecast for N projects a month.", show_default="the budget's, else 100", min=0
        ),
    ] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show the use of AWS's free tier, and the cost of a month.

    Over the budget, it ends with status 1.
    """
    from agenticai.commands.cost import show_cost
    from agenticai.commands.stack import Stack

    sys.exit(show_cost(Stack(endpoint, stage, as_json), budget, projects))


@app.command(epilog=examples("replay"))
def replay(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO",
            help="Scenario files, folders of them, or names in the library; omit to replay the whole library.",
        ),
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            metavar="TARGET",
            help="`embedded` and `localstack` start engines; a URL names a stack that is already running.",
        ),
    ] = "embedded",
    engine: EngineKind = None,
    localstack_url: LocalStackUrl = None,
    localstack_image: LocalStackImage = None,
    docker_socket: DockerSocket = False,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Seed of the delivery order; 0 delivers in the order of sending.", min=0)
    ] = 0,
    repeat: Annotated[
        int, typer.Option(metavar="N", help="Replay each scenario N times and compare the timelines.", min=1)
    ] = 1,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Number of engines to run in parallel.", show_default="one per CPU, one LocalStack", min=1
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stop at the first failure and keep its engine running for inspection.")
    ] = False,
    unsafe_run: UnsafeRun = False,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Replay scenarios and check what came of them.

    Each is held to its expectations and to the invariants; reports are kept in the state folder.
    """
    from agenticai.commands.engines import chosen_engine
    from agenticai.commands.replay import Playing, show_replay
    from agenticai.scenarios.replaying.replays import Order

    order = Order(seed=seed, repeat=repeat, keep=keep, unsafe_run=unsafe_run)
    chosen = None
    if target in TARGETS or engine or localstack_url or localstack_image or docker_socket:
        chosen = chosen_engine(target, engine, localstack_url, image=localstack_image, docker_socket=docker_socket)
    sys.exit(show_replay(Playing(files or [], target, chosen, stage, workers, order), as_json=as_json))


@app.command(epilog=examples("compare"))
def compare(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO",
            help="Scenario files, folders of them, or names in the library; omit to compare the whole library.",
        ),
    ] = None,
    targets: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Targets with commas between: `embedded`, `localstack`, URLs of stacks that are already running.",
        ),
    ] = "embedded,localstack",
    engine: EngineKind = None,
    localstack_url: LocalStackUrl = None,
    localstack_image: LocalStackImage = None,
    docker_socket: DockerSocket = False,
    unsafe_run: UnsafeRun = False,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Replay scenarios on several targets and compare these.

    Each is compared with the first; a difference ends with status 1.
    """
    from agenticai.commands.compare import Compared, choose_targets, show_comparison

    chosen = choose_targets(targets, engine, localstack_url, image=localstack_image, docker_socket=docker_socket)
    sys.exit(show_comparison(Compared(files or [], chosen, stage, unsafe_run), as_json=as_json))


@app.command(epilog=examples("runs"))
def runs(as_json: Json = False) -> None:
    """List earlier replays, the newest first."""
    from agenticai.commands.replay import show_runs

    show_runs(as_json=as_json)


ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="Scenario file, or a name in the library.")]


@app.command(epilog=examples("sweep"))
def sweep(
    scenario: ScenarioName,
    workers: Annotated[int, typer.Option(metavar="N", help="Number of engines to run in parallel.", min=1)] = 2,
    side: Annotated[Sides, typer.Option(help="When to kill the worker; docs/sweep.md explains each.")] = "all",
    every: Annotated[int, typer.Option(metavar="N", help="Try only every N-th case.", min=1)] = 1,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Try at most N cases.", show_default="all", min=1)
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CASE", help="Try this case, as the sweep prints it; repeatable.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(metavar="N", help="Try N random schedules of faults instead of every call.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="First seed of the random schedules.", min=0)] = 1,
    as_json: Json = False,
) -> None:
    """Replay a scenario once per call, with a worker killed there.

    Each replay must end as the one without faults: nothing is lost, and nothing happens twice.
    """
    from agenticai.commands.sweep import Selection, show_sweep
    from agenticai.scenarios.sweeping.sweep import SIDES, Case

    selection = Selection(SIDES[side], every, limit, tuple(map(Case.parse, only or ())), seeds, seed)
    sys.exit(show_sweep(scenario, selection, workers, as_json=as_json))


@app.command(epilog=examples("record"))
def record(
    scenario: ScenarioName,
    yes: Yes = False,
    rekey: Annotated[
        bool, typer.Option("--rekey", help="Ask no model: update the requests of authored replies to the current ones.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Record Gemini's replies to a scenario, for replays.

    The key is taken from the environment variable GEMINI_API_KEY.
    """
    from agenticai.commands.record import show_recording, show_rekeying

    if rekey:
        show_rekeying(scenario, as_json=as_json)
    else:
        show_recording(scenario, lambda question: yes or typer.confirm(question, err=True), as_json=as_json)


@token.command(epilog=examples("token rotate"))
def rotate(endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False) -> None:
    """Replace the API's token; the old one stays valid for 24 hours."""
    from agenticai.commands.projects import rotate_token
    from agenticai.commands.stack import Stack

    rotate_token(Stack(endpoint, stage, as_json))
