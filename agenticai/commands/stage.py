"""The commands for a deployed stage: `outputs`, `diff`, `rollback` and `destroy`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from agenticai.commands.deploy import StageLocation
from agenticai.display import deploying as show
from agenticai.display.console import Display, format_count, make_grid
from agenticai.emulator.core.home import find_home, make_home
from agenticai.scenarios.benches.deployment import compare_prepared, prepare
from agenticai.stack.changes import Change
from agenticai.stack.deploying import translate_aws_errors
from agenticai.stack.destroying import destroy_stage, plan_deletion
from agenticai.stack.drift import DriftedResource, find_drift
from agenticai.stack.errors import DeclinedError, DeployError, DriftError
from agenticai.stack.stage import name_stack, read_stage_outputs
from agenticai.stack.versions import read_versions, read_versions_before, serve_versions

Confirm = Callable[[str, str], bool]
"""Asks a question that is confirmed with a word, such as the stage's name."""


def show_outputs(where: StageLocation, *, as_json: bool) -> None:
    """Show the names and addresses of a stage. Raises StackError."""
    screen, (target, _) = Display(as_json=as_json), where.find()
    outputs = asdict(read_stage_outputs(target, where.stage))
    screen.emit(outputs)
    rows = [
        (name if key is None else f"{name} {key}", value)
        for name, output in outputs.items()
        for key, value in (output.items() if isinstance(output, dict) else [(None, output)])
    ]
    screen.show(make_grid(("output", "value"), rows))


@dataclass(frozen=True)
class Difference:
    """What a deployment would change, and what drifted; if the drift is unknown, `drift_unknown` says why."""

    changes: tuple[Change, ...]
    drift: tuple[DriftedResource, ...]
    drift_unknown: str


def show_diff(where: StageLocation, *, as_json: bool) -> Difference:
    """Show what a deployment would change, and what was changed by hand since the last one; change nothing."""
    screen, home = Display(as_json=as_json), find_home()
    make_home(home)
    target, _ = where.find()
    with translate_aws_errors(target), screen.step("compared") as step:
        read_stage_outputs(target, where.stage)
        prepared = prepare(home / "cache", step.update, functions_on=target.functions_on)
        change_set = compare_prepared(target, where.stage, prepared, {})
        step.update("looking for drift")
        try:
            drifted, unknown = find_drift(target, name_stack(where.stage)), ""
        except DeployError as error:
            drifted, unknown = (), str(error)
        step.done()
    difference = Difference(change_set.changes, drifted, unknown)
    screen.emit(asdict(difference))
    if difference.changes:
        screen.show(show.list_changes(change_set))
    else:
        screen.say("A deployment would change nothing.")
    if unknown:
        screen.say(unknown)
    for resource in drifted:
        properties = ", ".join(resource.properties) or "it is not there"
        screen.say(
            ("drift: ", "yellow"),
            f"{resource.logical_id} ({resource.resource_type}) {resource.status.lower()}: {properties}",
        )
    return difference


def refuse_drift(stage: str, difference: Difference) -> None:
    """Raise DriftError if resources drifted, or if the drift is unknown."""
    if difference.drift_unknown:
        raise DriftError(difference.drift_unknown)
    if difference.drift:
        names = ", ".join(resource.logical_id for resource in difference.drift)
        raise DriftError(
            f"{name_stack(stage)} has drifted ({names}): undo these changes, or make them in the template too."
        )


def roll_back(where: StageLocation, agreed: Confirm, *, as_json: bool) -> None:
    """Restore the function versions from before the last deployment. Raises StackError."""
    screen, (target, _) = Display(as_json=as_json), where.find()
    with translate_aws_errors(target):
        names = read_stage_outputs(target, where.stage).function_names.values()
        functions = target.client("lambda")
        serving, noted = read_versions(functions, names), read_versions_before(target.client("ssm"), where.stage)
        before = {name: version for name, version in noted.items() if serving.get(name) not in (None, version)}
        if not before:
            raise DeployError("The versions from before the last deployment are live already.")
        rows = [(name, serving[name], version) for name, version in before.items()]
        screen.show(make_grid(("function", "version", "back to"), rows))
        if not agreed(f"Roll {name_stack(where.stage)} back?", where.stage):
            raise DeclinedError("Nothing was rolled back: you said no.")
        serve_versions(functions, before)
    screen.emit({"serving": before})
    screen.say("Rolled back. Queues, table and permissions are as they were: the next deployment goes on from there.")


def destroy(where: StageLocation, agreed: Confirm, *, as_json: bool) -> None:
    """Delete a stage with everything in it. Raises StackError."""
    screen, (target, _) = Display(as_json=as_json), where.find()
    plan = plan_deletion(target, where.stage)
    screen.show(show.list_deletions(plan))
    screen.say(f"With all projects, files and messages in it, and the parameters {', '.join(plan.parameters)}.")
    if not agreed(f"Destroy {name_stack(where.stage)}?", where.stage):
        raise DeclinedError(f"{name_stack(where.stage)} was not destroyed: you said no.")
    with screen.step(f"{name_stack(where.stage)} destroyed") as step:
        destroy_stage(
            target,
            plan,
            on_event=lambda event: step.update(f"{event.logical_id}: {event.status.lower().replace('_', ' ')}"),
            on_emptied=lambda number: step.update(f"{format_count(number, 'object')} deleted"),
        )
        step.done()
    screen.emit({"destroyed": name_stack(where.stage), "stays": show.list_what_stays(target, where.stage)})
    for remainder in show.list_what_stays(target, where.stage):
        screen.say(("stays: ", "bold"), remainder)
