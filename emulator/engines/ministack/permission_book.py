"""What functions used of what their roles allow, and what they were denied, since the engine started."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from agenticai.emulator.core.permission_records import Denial, FunctionPermissions, Grant, PermissionReport
from agenticai.emulator.engines.ministack.roles import Allowance, Caller, Roles

MOST_DENIALS: Final = 1_000
"""Different denials that are kept; more say nothing new."""

logger = logging.getLogger("agenticai.permissions")


class PermissionBook:
    """Counts uses by what allowed them, so that it does not grow with the resources; logs each denial once."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._used: dict[tuple[str, Allowance], Counter[str]] = defaultdict(Counter)
        self._denied: Counter[tuple[str, str, str, bool]] = Counter()

    def note_use(self, caller: Caller, action: str, resource: str) -> None:
        """Count an action that a function's role allows."""
        for allowance in self._roles.allowing(caller, action, resource):
            self._used[caller.function, allowance][action] += 1

    def note_denial(self, caller: Caller, action: str, resource: str, *, explicitly: bool) -> None:
        """Count an action that it does not, and log the statement that is missing."""
        key = (caller.function, action, resource, explicitly)
        if key not in self._denied and len(self._denied) >= MOST_DENIALS:
            return
        self._denied[key] += 1
        if self._denied[key] == 1:
            denial = Denial(action=action, resource=resource, times=1, explicitly=explicitly)
            logger.warning(
                "%s may not %s on %s: %s", caller.function, action, resource, denial.remedy(caller.role_name)
            )

    def report(self, callers: Iterable[Caller], *, enforced: bool) -> PermissionReport:
        """Return what is known of these functions, of those whose role is in IAM."""
        functions = tuple(self._of(caller) for caller in callers if self._roles.knows(caller))
        return PermissionReport(enforced=enforced, functions=functions)

    def _of(self, caller: Caller) -> FunctionPermissions:
        grants = [
            Grant(**allowance._asdict(), used=dict(self._used.get((caller.function, allowance), {})))
            for allowance in self._roles.allowances(caller)
        ]
        denials = [
            Denial(action=action, resource=resource, times=times, explicitly=explicitly)
            for (function, action, resource, explicitly), times in sorted(self._denied.items())
            if function == caller.function
        ]
        return FunctionPermissions(
            function=caller.function, role=caller.role_name, grants=tuple(grants), denials=tuple(denials)
        )
