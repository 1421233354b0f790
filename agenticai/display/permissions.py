"""Tables of what functions are allowed to do, and what they did."""

from collections.abc import Iterator, Sequence

from rich.table import Column, Table

from agenticai.display.console import TextPart, figures, grid
from agenticai.display.printable import printable
from agenticai.emulator.core.permission_records import FunctionPermissions, Grant


def overview(functions: Sequence[FunctionPermissions]) -> Table:
    """Return a table of how much each function's role grants, how much of it was used, and what was denied."""
    rows = [
        (
            permissions.function,
            str(len(permissions.grants)),
            str(sum(bool(grant.used) for grant in permissions.grants)),
            _warn(sum(not grant.used for grant in permissions.grants), "yellow"),
            _warn(sum(denial.times for denial in permissions.denials), "red"),
        )
        for permissions in functions
    ]
    return grid((Column("function", no_wrap=True), *figures("grants", "used", "never used", "denied")), rows)


def details(permissions: FunctionPermissions, *, everything: bool) -> Iterator[Table]:
    """Yield tables of a function's denied and unused actions; with `everything`, also of used ones with counts."""
    if permissions.denials:
        denied = [
            (denial.action, printable(denial.resource), str(denial.times), "denied" if denial.explicitly else "missing")
            for denial in permissions.denials
        ]
        yield grid(("action", "resource", *figures("times"), "statement"), denied, f"{permissions.function}: denied")
    used = [(*_grant(grant), str(sum(grant.used.values()))) for grant in permissions.grants if grant.used]
    if everything and used:
        yield grid(("action", "resource", "policy", *figures("calls")), used, f"{permissions.function}: used")
    unused = [_grant(grant) for grant in permissions.grants if not grant.used]
    if unused:
        yield grid(("action", "resource", "policy"), unused, f"{permissions.function}: never used")


def _grant(grant: Grant) -> tuple[str, str, str]:
    return grant.action, printable(_short(grant.resource)), grant.policy


def _short(resource: str) -> str:
    """Return a resource without the partition, service, region and account of its ARN."""
    parts = resource.split(":", 5)
    return parts[5] if parts[0] == "arn" and len(parts) == 6 else resource


def _warn(number: int, colour: str) -> TextPart:
    return (str(number), colour) if number else "0"
