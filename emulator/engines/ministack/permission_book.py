"""Records which permissions of their roles functions used, and what they were denied, since the engine started."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from agenticai.emulator.core.permission_records import Denial, FunctionPermissions, Grant, PermissionReport
from agenticai.emulator.engines.ministack.roles import Allowance, Caller, Roles
from agenticai.emulator.policies.applying import Call

MOST_DENIALS: Final = 1_000
"""The maximum number of different denials that are kept."""

OF_SERVICES: Final = ".amazonaws.com"
"""The suffix of service principals; names of functions have no dots."""

logger = logging.getLogger("agenticai.permissions")


class PermissionBook:
    """Counts uses per allowing statement, so that it does not grow with the resources; logs each denial once."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._used: dict[tuple[str, Allowance], Counter[str]] = defaultdict(Counter)
        self._denied: Counter[tuple[str, Denial]] = Counter()

    def record_use(self, caller: Caller, call: Call) -> None:
        """Count a use of an action that a function's role allows."""
        for allowance in self._roles.find_allowances(caller, call):
            self._used[caller.function, allowance][call.action] += 1

    def record_service_use(self, service: str, call: Call) -> None:
        """Count a use of an action that a resource's policy allows to an AWS service."""
        allowance = Allowance(f"the policy of {call.resource}", call.action, call.resource)
        self._used[service, allowance][call.action] += 1

    def record_denial(self, principal: str, role: str, denial: Denial) -> None:
        """Count a denial to a function of this role, or to a service; log the reason once."""
        if (principal, denial) not in self._denied and len(self._denied) >= MOST_DENIALS:
            return
        self._denied[principal, denial] += 1
        if self._denied[principal, denial] == 1:
            logger.warning("%s may not %s on %s: %s", principal, denial.action, denial.resource, denial.explain(role))

    def report(self, callers: Iterable[Caller], *, enforced: bool) -> PermissionReport:
        """Return the report on those of these functions whose role is in IAM, and on services that called."""
        functions = [self._report_function(caller) for caller in callers if self._roles.knows(caller)]
        names = {principal for principal, _ in [*self._used, *self._denied] if principal.endswith(OF_SERVICES)}
        return PermissionReport(enforced=enforced, functions=(*functions, *map(self._report_service, sorted(names))))

    def _report_function(self, caller: Caller) -> FunctionPermissions:
        grants = [self._describe_grant(caller.function, allowance) for allowance in self._roles.list_allowances(caller)]
        return FunctionPermissions(
            function=caller.function,
            role=caller.role_name,
            grants=tuple(grants),
            denials=self._list_denials(caller.function),
        )

    def _report_service(self, service: str) -> FunctionPermissions:
        grants = [
            self._describe_grant(principal, allowance)
            for principal, allowance in sorted(self._used)
            if principal == service
        ]
        return FunctionPermissions(function=service, role="", grants=tuple(grants), denials=self._list_denials(service))

    def _describe_grant(self, principal: str, allowance: Allowance) -> Grant:
        return Grant(**allowance._asdict(), used=dict(self._used.get((principal, allowance), {})))

    def _list_denials(self, principal: str) -> tuple[Denial, ...]:
        denials = [
            denial.model_copy(update={"times": times})
            for (name, denial), times in self._denied.items()
            if name == principal
        ]
        return tuple(sorted(denials, key=lambda denial: (denial.action, denial.resource, denial.statement)))
