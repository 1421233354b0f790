"""The command line: one short function per command."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A serverless software factory on AWS, and the bench it is built on.",
)

token = typer.Typer(no_args_is_help=True, help="The API's token.")
app.add_typer(token, name="token")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output, and nothing else.")]
Endpoint = Annotated[str, typer.Option(help="The address of the engine that `agenticai up` started.")]
Stage = Annotated[str, typer.Option(help="The stage of the stack.")]
Sides = Literal["before", "after", "both", "again", "all"]
UnsafeRun = Annotated[
    bool,
    typer.Option("--unsafe-run", help="Run a project's own tests even where this machine has no sandbox for them."),
]
ProjectId = Annotated[str, typer.Argument(help="The id of a project.")]

ENDPOINT = "http://127.0.0.1:4566"


@app.command()
def up(
    port: Annotated[int, typer.Option(help="The port to listen on, on 127.0.0.1.", min=0, max=65535)] = 4566,
    live: Annotated[
        bool, typer.Option("--live", help="Ask Gemini, with the key in GEMINI_API_KEY, instead of replaying replies.")
    ] = False,
    host: Annotated[
        str, typer.Option(help="The address to listen on; other than 127.0.0.1 lets other machines in.")
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host name by which the engine may be reached; repeatable.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="An origin, such as http://localhost:5173, whose pages may call the engine; repeatable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the engine with the stack in the foreground, until Ctrl-C."""
    from agenticai.commands.serving import keep_up
    from agenticai.emulator.process import Reach

    keep_up(port, Reach(host, allow_host or (), allow_origin or ()), live=live, as_json=as_json)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the code and the package are written.")] = Path("out"),
    unsafe_run: UnsafeRun = False,
    as_json: Json = False,
) -> None:
    """Watch a request become tested, packaged software, on an engine of its own."""
    from agenticai.commands.serving import show_demo

    sys.exit(show_demo(out, unsafe_run=unsafe_run, as_json=as_json))


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
    from agenticai.commands.projects import Request, post_project

    sys.exit(post_project(Request(text, file, template, name), endpoint, stage, as_json=as_json))


@app.command()
def modify(
    project_id: ProjectId,
    text: Annotated[str | None, typer.Argument(help="What is to change; leave out with --file.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file that says it; - for standard input.")] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Ask for a change of a finished project and follow it to its end."""
    from agenticai.commands.projects import modify_project

    sys.exit(modify_project(project_id, text, file, endpoint, stage, as_json=as_json))


@app.command()
def retry(project_id: ProjectId, endpoint: Endpoint = ENDPOINT, stage: Stage = "dev", as_json: Json = False) -> None:
    """Have the step that failed, or got stuck, tried again and follow the project to its end."""
    from agenticai.commands.projects import retry_project

    sys.exit(retry_project(project_id, endpoint, stage, as_json=as_json))


@app.command()
def status(
    project_id: Annotated[str | None, typer.Argument(help="A project's id; all projects without it.")] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Show one project with its timeline, or list the newest."""
    from agenticai.commands.projects import show_status

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
    from agenticai.commands.projects import fetch

    sys.exit(fetch(project_id, out, endpoint, stage, as_json=as_json))


@app.command()
def templates(endpoint: Endpoint = ENDPOINT, stage: Stage = "dev", as_json: Json = False) -> None:
    """List the templates that a project can begin from."""
    from agenticai.commands.projects import show_templates

    show_templates(endpoint, stage, as_json=as_json)


@app.command()
def queues(endpoint: Endpoint = ENDPOINT, stage: Stage = "dev", as_json: Json = False) -> None:
    """Show what waits in every queue and dead-letter queue."""
    from agenticai.commands.queues import show_queues
    from agenticai.commands.stack import Stack as OfStack

    show_queues(OfStack(endpoint, stage, as_json))


@app.command()
def dlq(
    queue: Annotated[str | None, typer.Argument(help="pm, dev, qa or ops, or a queue's name; omit for all.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Show each message's whole body and every attempt.")] = False,
    limit: Annotated[int, typer.Option(help="Show at most this many messages per queue.", min=1)] = 20,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Show dead letters: what each asked for, and why it failed."""
    from agenticai.commands.queues import show_dead_letters
    from agenticai.commands.stack import Stack as OfStack

    show_dead_letters(queue, limit, OfStack(endpoint, stage, as_json), full=full)


@app.command()
def redrive(
    queue: Annotated[str, typer.Argument(help="pm, dev, qa or ops, or a queue's name.")],
    message: Annotated[
        list[str] | None, typer.Option(help="The id of a dead letter, or its unique beginning; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Send all dead letters of the queue back.")] = False,
    rate: Annotated[
        int | None, typer.Option(help="With --all: the most messages to send back per second.", min=1, max=500)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Send dead letters back to the queue that they came from."""
    from agenticai.commands.queues import Choice, redrive_letters
    from agenticai.commands.stack import Stack as OfStack

    choice, stack = Choice(tuple(message or ()), everything, rate), OfStack(endpoint, stage, as_json)
    sys.exit(redrive_letters(queue, choice, stack, lambda question: yes or typer.confirm(question, err=True)))


@app.command()
def logs(
    function: Annotated[
        str | None, typer.Argument(help="api, pm, dev, qa or ops, or a function's name; omit for all.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print new lines as they come, until Ctrl-C.")] = False,
    project: Annotated[str | None, typer.Option(help="Show only lines that name this project.")] = None,
    since: Annotated[str, typer.Option(help="How far to look back, such as 30s, 5m, 2h or 1d.")] = "5m",
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Show what the functions log; with --json, one JSON document per line."""
    from agenticai.commands.logs import show_logs
    from agenticai.commands.stack import Stack as OfStack

    show_logs(function, since, project, OfStack(endpoint, stage, as_json), follow=follow)


@app.command()
def replay(
    files: Annotated[
        list[str] | None, typer.Argument(help="Scenario files, folders, or names in the library; all of it without.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="embedded, which starts engines of its own, or the URL of a stack that is up.")
    ] = "embedded",
    seed: Annotated[int, typer.Option(help="Decides the order of deliveries; 0 is the order of sending.", min=0)] = 0,
    repeat: Annotated[int, typer.Option(help="Replay each so often, and compare.", min=1)] = 1,
    workers: Annotated[int | None, typer.Option(help="Engines at once; one a processor without.", min=1)] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stop at the first that fails, and leave its engine up to look at.")
    ] = False,
    unsafe_run: UnsafeRun = False,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Replay scenarios, hold each to its expectations and to the invariants, and report."""
    from agenticai.commands.replay import Playing, show_replay
    from agenticai.scenarios.replaying.replays import Order

    order = Order(seed=seed, repeat=repeat, keep=keep, unsafe_run=unsafe_run)
    sys.exit(show_replay(Playing(files or [], target, stage, workers, order), as_json=as_json))


@app.command()
def runs(as_json: Json = False) -> None:
    """List the replays that were run, the newest first."""
    from agenticai.commands.replay import show_runs

    show_runs(as_json=as_json)


@app.command()
def sweep(
    scenario: Annotated[str, typer.Argument(help="A scenario's file, or its name in the library.")],
    workers: Annotated[int, typer.Option(help="Engines that work at the same time.", min=1)] = 2,
    side: Annotated[Sides, typer.Option(help="What happens at each call: see docs/sweep.md.")] = "all",
    every: Annotated[int, typer.Option(help="Try only every n-th case.", min=1)] = 1,
    limit: Annotated[int | None, typer.Option(help="Try no more cases than these.", min=1)] = None,
    only: Annotated[list[str] | None, typer.Option(help="Try this case, as the sweep prints it; repeatable.")] = None,
    seeds: Annotated[int, typer.Option(help="Try so many random schedules of faults instead.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="The first seed.", min=0)] = 1,
    as_json: Json = False,
) -> None:
    """Replay a scenario once for each call of its functions, killed at that call, and see that nothing is lost."""
    from agenticai.commands.sweep import Selection, show_sweep
    from agenticai.scenarios.sweeping.sweep import SIDES, Case

    selection = Selection(SIDES[side], every, limit, tuple(map(Case.parse, only or ())), seeds, seed)
    sys.exit(show_sweep(scenario, selection, workers, as_json=as_json))


@app.command()
def record(
    scenario: Annotated[str, typer.Argument(help="A scenario's file, or its name in the library.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    rekey: Annotated[
        bool, typer.Option("--rekey", help="Ask no model: give authored replies the requests that are sent now.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Play a scenario against Gemini, with the key in GEMINI_API_KEY, and store what it says for replays."""
    from agenticai.commands.record import show_recording, show_rekeying

    if rekey:
        show_rekeying(scenario, as_json=as_json)
    else:
        show_recording(scenario, lambda question: yes or typer.confirm(question, err=True), as_json=as_json)


@token.command()
def rotate(endpoint: Endpoint = ENDPOINT, stage: Stage = "dev", as_json: Json = False) -> None:
    """Make a new token for the API; the old one stays valid for a day, so that nobody is locked out."""
    from agenticai.commands.projects import rotate_token

    rotate_token(endpoint, stage, as_json=as_json)
