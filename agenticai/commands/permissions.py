"""The command `permissions`: what functions' roles grant, what of it was used, and what was denied."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from agenticai.client.errors import DeniedError, SelectionError
from agenticai.commands.stack import Stack, open_stack
from agenticai.display import permissions as show
from agenticai.display.console import Display
from agenticai.emulator.core.permission_records import FunctionPermissions, PermissionReport
from agenticai.stack.errors import TargetError
from agenticai.stack.target import Capability

NOT_AVAILABLE: Final = "{where} does not tell what roles grant and what of it is used: the embedded engine does."


def show_permissions(
    stack: Stack, function: str | None, *, everything: bool, policies: bool
) -> tuple[FunctionPermissions, ...]:
    """Show the permissions of all functions, or of one, and return them.

    With `policies` it shows the narrowest policies that allow what was done. Raises SelectionError and TargetError.
    """
    screen = Display(as_json=stack.as_json)
    with open_stack(stack) as (deployed, control):
        if control is None or Capability.PERMISSIONS not in deployed.target.capabilities:
            raise TargetError(NOT_AVAILABLE.format(where=deployed.target.name))
        report = control.permissions()
    chosen = _choose(report, function)
    if policies:
        narrowest = narrow_all(chosen)
        screen.emit(narrowest)
        screen.say(json.dumps(narrowest, indent=2))
        return chosen
    screen.emit(report.model_copy(update={"functions": chosen}))
    screen.show(show.tabulate_overview(chosen))
    for permissions in chosen:
        for table in show.tabulate_details(permissions, everything=everything):
            screen.say()
            screen.show(table)
    if not report.enforced:
        screen.say(("Nothing was denied: this engine lets functions do what their roles do not allow.", "yellow"))
    return chosen


def refuse_denials(functions: Iterable[FunctionPermissions]) -> None:
    """Raise DeniedError if functions were denied anything; it names each denial, and the missing statement."""
    denied = [
        f"{permissions.function} was denied {denial.action} on {denial.resource}: {denial.explain(permissions.role)}."
        for permissions in functions
        for denial in permissions.denials
    ]
    if denied:
        advice = "Add the missing permissions to the template, or remove the calls from the code."
        raise DeniedError("\n".join([*denied, advice]))


def narrow_all(functions: Iterable[FunctionPermissions]) -> Mapping[str, Mapping[str, Any]]:
    """Return the narrowest policy of each function by its name; services have no roles, and so no policies."""
    return {permissions.function: narrow(permissions) for permissions in functions if permissions.role}


def narrow(permissions: FunctionPermissions) -> Mapping[str, Any]:
    """Return the narrowest policy that allows what a function used: its actions, on the resources of its grants."""
    used = defaultdict[str, set[str]](set)
    for grant in permissions.grants:
        used[grant.resource].update(grant.used)
    grouped = defaultdict[tuple[str, ...], list[str]](list)
    for resource, actions in used.items():
        if actions:
            grouped[tuple(sorted(actions))].append(resource)
    statements = [
        {"Effect": "Allow", "Action": list(actions), "Resource": sorted(resources)}
        for actions, resources in sorted(grouped.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _choose(report: PermissionReport, function: str | None) -> tuple[FunctionPermissions, ...]:
    """Return all functions, or the one whose name contains `function`. Raises SelectionError if none or several do."""
    chosen = tuple(candidate for candidate in report.functions if function is None or function in candidate.function)
    if function is None or len(chosen) == 1:
        return chosen
    exact = [candidate for candidate in chosen if candidate.function == function]
    if exact:
        return tuple(exact)
    names = ", ".join(candidate.function for candidate in report.functions)
    raise SelectionError(f"{function!r} is in the name of {len(chosen)} functions; there are {names}.")
