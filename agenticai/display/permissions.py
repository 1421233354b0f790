"""Tables of what functions are allowed to do, and what they did."""

from collections.abc import Iterator, Sequence

from rich.table import Column, Table

from agenticai.display.console import TextPart, make_figure_columns, make_grid
from agenticai.display.printable import printable
from agenticai.emulator.core.permission_records import FunctionPermissions, Grant


def tabulate_overview(functions: Sequence[FunctionPermissions]) -> Table:
    """Return a table of how much each function's role grants, how much of it was used, and what was denied."""
    rows = [
        (
            permissions.function,
            str(len(permissions.grants)),
            str(sum(bool(grant.used) for grant in permissions.grants)),
            _format_warning(sum(not grant.used for grant in permissions.grants), "yellow"),
            _format_warning(sum(denial.times for denial in permissions.denials), "red"),
        )
        for permissions in functions
    ]
    return make_grid(
        (Column("function", no_wrap=True), *make_figure_columns("grants", "used", "never used", "denied")), rows
    )


def tabulate_details(permissions: FunctionPermissions, *, everything: bool) -> Iterator[Table]:
    """Yield tables of a function's denied and unused actions; with `everything`, also of used ones with counts."""
    if permissions.denials:
        denied = [
            (denial.action, printable(denial.resource), str(denial.times), "denied" if denial.explicitly else "missing")
            for denial in permissions.denials
        ]
        yield make_grid(
            ("action", "resource", *make_figure_columns("times"), "statement"),
            denied,
            f"{permissions.function}: denied",
        )
    used = [(*_format_grant(grant), str(sum(grant.used.values()))) for grant in permissions.grants if grant.used]
    if everything and used:
        yield make_grid(
            ("action", "resource", "policy", *make_figure_columns("calls")), used, f"{permissions.function}: used"
        )
    unused = [_format_grant(grant) for grant in permissions.grants if not grant.used]
    if unused:
        yield make_grid(("action", "resource", "policy"), unused, f"{permissions.function}: never used")


def _format_grant(grant: Grant) -> tuple[str, str, str]:
    return grant.action, printable(_shorten(grant.resource)), grant.policy


def _shorten(resource: str) -> str:
    """Return a resource without the partition, service, region and account of its ARN."""
    parts = resource.split(":", 5)
    return parts[5] if parts[0] == "arn" and len(parts) == 6 else resource


def _format_warning(number: int, colour: str) -> TextPart:
    return (str(number), colour) if number else "0"
