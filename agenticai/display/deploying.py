"""The display of a deployment: the preflight checks, the changes, each resource when it is done, and the deletion."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.table import Column, Table

from agenticai.client.cost.prices import read_prices
from agenticai.display.console import Display, TextPart, make_figure_columns, make_grid
from agenticai.stack.changes import Change, ChangeSet
from agenticai.stack.destroying import DeletionPlan
from agenticai.stack.events import StackEvent
from agenticai.stack.preflight import Preflight
from agenticai.stack.target import Target

if TYPE_CHECKING:
    from datetime import datetime

_COLOURS: Final = {"Add": "green", "Modify": "yellow", "Remove": "red"}
_DONE: Final[Mapping[str, TextPart]] = {
    "CREATE_COMPLETE": ("+ created", "green"),
    "UPDATE_COMPLETE": ("~ updated", "yellow"),
    "DELETE_COMPLETE": ("- deleted", "red"),
}


def show_preflight(screen: Display, preflight: Preflight, stage: str) -> None:
    """Show who deploys what where, and the results of the checks."""
    identity = preflight.identity
    screen.say(("Account ", "bold"), f"{identity.account} in {identity.region}, stage {stage}, as {identity.arn}")
    for finding in preflight.findings:
        screen.say(("✗ ", "red") if finding.blocks else ("! ", "yellow"), finding.message)


def list_changes(change_set: ChangeSet) -> Table:
    """Return a table of the changes, replacements first; for a new stack, of the number of resources by type."""
    if change_set.creates:
        counts = Counter(change.resource_type for change in change_set.changes)
        return make_grid(
            (*make_figure_columns("adds"), "type"),
            [(str(number), resource_type) for resource_type, number in sorted(counts.items())],
        )
    columns: list[Column | str] = [
        Column("change", no_wrap=True),
        Column("resource", no_wrap=True),
        "type",
        "what it means",
    ]
    ordered = sorted(change_set.changes, key=lambda change: (not _is_replaced(change), change.logical_id))
    rows = [
        (
            (change.action, _COLOURS.get(change.action, "blue")),
            change.logical_id,
            change.resource_type,
            (explain_change(change), "red" if _is_replaced(change) or change.action == "Remove" else "dim"),
        )
        for change in ordered
    ]
    return make_grid(columns, rows)


def describe_kept(change_set: ChangeSet) -> str:
    """Name the parameters that keep a value other than the default; empty if there are none."""
    kept = ", ".join(f"{name}={value}" for name, value in sorted(change_set.kept.items()))
    return f"Kept from before: {kept}" if kept else ""


def explain_change(change: Change) -> str:
    """Explain a change: a replaced resource is a new one, without the old one's contents."""
    effect = "the old one stays, outside of the stack" if change.keeps else "what is in it is lost"
    if change.action == "Remove":
        return effect
    if not _is_replaced(change):
        return ""
    verb = "replaced" if change.replacement == "True" else "may be replaced"
    causes = f" because of {', '.join(change.causes)}" if change.causes else ""
    return f"{verb}{causes}; {effect}"


def describe_idle_cost(mappings: int) -> str:
    """State the monthly cost of a stack that nobody uses, as its queues are polled all the time."""
    receives = read_prices().count_idle_receives(mappings)
    cost = read_prices().lines["sqs-requests"].price_beyond_free(receives)
    return (
        f"Idle, its {mappings} queues are polled {receives:,.0f} times a month: ${cost:.2f} beyond the free tier"
        f" (prices of {read_prices().as_of})."
    )


class ShownEvents:
    """Prints a line for each finished resource, with its duration, and for each failure, with its reason."""

    def __init__(self, screen: Display) -> None:
        self._screen = screen
        self._began: dict[str, datetime] = {}

    def __call__(self, event: StackEvent) -> None:
        """Handle an event."""
        if event.in_progress:
            self._began.setdefault(event.logical_id, event.time)
        elif event.failed:
            self._screen.say(("✗ ", "red"), f"{event.logical_id}  {event.resource_type}  {event.reason}")
        elif event.status in _DONE and not event.is_stack:
            duration = event.time - self._began.pop(event.logical_id, event.time)
            suffix = (f"{duration.total_seconds():.1f} s", "dim")
            self._screen.say(_DONE[event.status], f"  {event.logical_id}  {event.resource_type}  ", suffix)


def list_deletions(plan: DeletionPlan) -> Table:
    """Return a table of what is deleted with a stage."""
    rows = sorted((resource.type, resource.logical_id, resource.physical_id) for resource in plan.resources)
    return make_grid(["type", Column("resource", no_wrap=True), "name"], rows)


def list_what_stays(target: Target, stage: str) -> Sequence[str]:
    """Return what the deletion of a stage leaves, with the reasons."""
    sentences = ["The bucket of uploads, which all stages of the region share."]
    if not target.endpoint_url:
        sentences.append(f"A backup of the table agenticai-{stage}, which DynamoDB keeps for 35 days.")
    return sentences


def _is_replaced(change: Change) -> bool:
    return change.action == "Modify" and change.replacement in {"True", "Conditional"}
