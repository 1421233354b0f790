"""The commands that deploy a stage, or change one that is deployed."""

from collections.abc import Callable
from typing import Annotated

import typer

from agenticai.command_line.examples import examples
from agenticai.command_line.options import Yes, make_group
from agenticai.commands.settings import DEFAULT_STAGE, ENDPOINT, Endpoint, Json, Stage

group = make_group()

Region = Annotated[
    str, typer.Option(metavar="REGION", help="AWS region.", show_default="your profile's, else us-east-1")
]

Profile = Annotated[str, typer.Option(metavar="PROFILE", help="AWS profile.", show_default="AWS_PROFILE, else default")]


def _agree(yes: bool, *, word: bool = False) -> Callable[[str, str], bool]:
    """Return a function that asks before a change; with `word`, a word has to be typed, for example in production."""

    def ask(question: str, name: str) -> bool:
        if yes:
            return True
        if word or name.startswith("prod"):
            return bool(
                typer.prompt(f"{question} Type {name} to go on", default="", show_default=False, err=True) == name
            )
        return typer.confirm(question, err=True)

    return ask


@group.command(epilog=examples("deploy"))
def deploy(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Template parameter; omitted ones keep their values. Repeatable."),
    ] = None,
    no_trial: Annotated[
        bool, typer.Option("--no-trial", help="Skip the trial project after deploying to AWS.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Deploy the stack to AWS, or to an engine that runs.

    On AWS it first reports what prevents a deployment, shows what would change, and asks.
    """
    from agenticai.commands.deploy import Deployment, StageLocation, parse_parameters
    from agenticai.commands.deploy import deploy as deploy_stage

    location = StageLocation(endpoint, stage, region, profile)
    parameters = parse_parameters(parameter or [])
    deploy_stage(Deployment(location, parameters, _agree(yes), trial=not no_trial), as_json=as_json)


@group.command(epilog=examples("diff"))
def diff(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    fail_on_drift: Annotated[
        bool, typer.Option("--fail-on-drift", help="Exit with status 1 on drift, or if it cannot be detected.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what a deployment would change, and drift."""
    from agenticai.commands.deploy import StageLocation
    from agenticai.commands.stage import refuse_drift, show_diff

    difference = show_diff(StageLocation(endpoint, stage, region, profile), as_json=as_json)
    if fail_on_drift:
        refuse_drift(stage, difference)


@group.command(epilog=examples("outputs"))
def outputs(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    as_json: Json = False,
) -> None:
    """Show the names and addresses of a deployed stage."""
    from agenticai.commands.deploy import StageLocation
    from agenticai.commands.stage import show_outputs

    show_outputs(StageLocation(endpoint, stage, region, profile), as_json=as_json)


@group.command(epilog=examples("rollback"))
def rollback(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Restore the function versions from before the last deployment."""
    from agenticai.commands.deploy import StageLocation
    from agenticai.commands.stage import roll_back

    roll_back(StageLocation(endpoint, stage, region, profile), _agree(yes), as_json=as_json)


@group.command(epilog=examples("destroy"))
def destroy(
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    region: Region = "",
    profile: Profile = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete a stage with all its data.

    You confirm by typing the stage's name.
    """
    from agenticai.commands.deploy import StageLocation
    from agenticai.commands.stage import destroy as destroy_stage

    destroy_stage(StageLocation(endpoint, stage, region, profile), _agree(yes, word=True), as_json=as_json)
