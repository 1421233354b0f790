"""What the control API tells of permissions: what roles grant their functions, what these used, and what was denied."""

import json
from typing import Any, Literal

from agenticai.emulator.core.usage_records import Record


class Grant(Record):
    """An action on a resource as a policy allows them, and how often each action was used by that."""

    policy: str
    action: str
    resource: str
    used: dict[str, int]


class Denial(Record):
    """An action on a resource that was not allowed, and how often; `explicitly` where a statement denies it.

    `statement` names that statement; where none denies, `lacks` says whose policies have none that allows: those of the
    role, its permissions boundary, or the resource's own. `service` is the AWS service that called, if one did.
    """

    action: str
    resource: str
    times: int
    explicitly: bool
    statement: str = ""
    lacks: Literal["role", "boundary", "resource"] = "role"
    service: str = ""

    def remedy(self, role: str) -> str:
        """Return why it was denied to a function of this role, or to a service: what denies it, or what is missing."""
        if self.explicitly:
            return f"{self.statement or 'a statement'} denies it"
        missing: dict[str, Any] = {"Effect": "Allow", "Action": self.action, "Resource": self.resource}
        if self.service:
            missing = {"Effect": "Allow", "Principal": {"Service": self.service}, **missing}
        where = {
            "role": f"its role {role}",
            "boundary": f"the permissions boundary of its role {role}",
            "resource": f"the policy of {self.resource}",
        }
        return f"{where[self.lacks]} lacks {json.dumps(missing)}"


class FunctionPermissions(Record):
    """What a function's role grants it, and what it was denied; or an AWS service that has no role.

    A service, such as `cloudwatch.amazonaws.com`, is granted what policies of resources were seen to let it do.
    """

    function: str
    role: str
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...]


class PermissionReport(Record):
    """All deployed functions whose roles are known, since the engine started; `enforced` says that denials hold."""

    enforced: bool
    functions: tuple[FunctionPermissions, ...]
