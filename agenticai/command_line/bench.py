"""The commands of the bench: scenarios are replayed, compared, swept and recorded."""

import sys
from typing import Annotated, Literal

import typer

from agenticai.command_line.examples import examples
from agenticai.command_line.options import (
    DockerSocket,
    EngineKind,
    LocalStackImage,
    LocalStackUrl,
    ModelName,
    ModelUrl,
    UnsafeRun,
    Yes,
    make_group,
)
from agenticai.commands.settings import DEFAULT_STAGE, TARGETS, Json, Stage

group = make_group()

Sides = Literal["before", "after", "both", "again", "all"]


@group.command(epilog=examples("replay"))
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
            help="`embedded` and `localstack` start engines; a URL selects a running stack.",
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
    """Replay scenarios and check their results.

    Checks each scenario's expectations and the invariants; keeps reports in the state folder.
    """
    from agenticai.commands.engines import choose_engine
    from agenticai.commands.replay import ReplayArguments, show_replay
    from agenticai.scenarios.replaying.replays import ReplayOptions

    order = ReplayOptions(seed=seed, repeat=repeat, keep=keep, unsafe_run=unsafe_run)
    chosen = None
    if target in TARGETS or engine or localstack_url or localstack_image or docker_socket:
        chosen = choose_engine(target, engine, localstack_url, image=localstack_image, docker_socket=docker_socket)
    sys.exit(show_replay(ReplayArguments(files or [], target, chosen, stage, workers, order), as_json=as_json))


@group.command(epilog=examples("compare"))
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
            help="Comma-separated targets: `embedded`, `localstack`, or URLs of running stacks.",
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
    """Replay scenarios on several targets and compare the results.

    Compares each target with the first, and exits with status 1 if they differ.
    """
    from agenticai.commands.compare import ComparisonTargets, choose_targets, show_comparison

    chosen = choose_targets(targets, engine, localstack_url, image=localstack_image, docker_socket=docker_socket)
    sys.exit(show_comparison(ComparisonTargets(files or [], chosen, stage, unsafe_run), as_json=as_json))


@group.command(epilog=examples("runs"))
def runs(as_json: Json = False) -> None:
    """List earlier replays, the newest first."""
    from agenticai.commands.replay import show_runs

    show_runs(as_json=as_json)


ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="Scenario file, or a name in the library.")]


@group.command(epilog=examples("sweep"))
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
    """Replay a scenario once per call, killing a worker there.

    Each replay must end like the one without faults: nothing is lost, and nothing happens twice.
    """
    from agenticai.commands.sweep import Selection, show_sweep
    from agenticai.scenarios.sweeping.sweep import SIDES, Case

    selection = Selection(SIDES[side], every, limit, tuple(map(Case.parse, only or ())), seeds, seed)
    sys.exit(show_sweep(scenario, selection, workers, as_json=as_json))


@group.command(epilog=examples("record"))
def record(
    scenario: ScenarioName,
    yes: Yes = False,
    rekey: Annotated[
        bool,
        typer.Option(
            "--rekey", help="Update the requests of authored replies to the current ones, without asking a model."
        ),
    ] = False,
    model: ModelUrl = "",
    model_name: ModelName = "",
    as_json: Json = False,
) -> None:
    """Record a model's replies to a scenario, for replays.

    Without --model, it asks Gemini, with the key in the environment variable GEMINI_API_KEY.
    """
    from agenticai.commands.record import show_recording, show_rekeying

    if rekey:
        show_rekeying(scenario, as_json=as_json)
    else:
        agreed = lambda question: yes or typer.confirm(question, err=True)  # noqa: E731
        show_recording(scenario, model, model_name, agreed, as_json=as_json)
