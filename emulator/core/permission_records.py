"""The control API's records of permissions: what roles grant, what functions used, and what was denied."""

import json
from typing import Any, Literal

from agenticai.emulator.core.usage_records import Record


class Grant(Record):
    """An action and resource pattern that a policy allows, and how often each action was used under it."""

    policy: str
    action: str
    resource: str
    used: dict[str, int]


class Denial(Record):
    """A denied action on a resource, and how often it was denied; `explicitly` if a statement denies it.

    `statement` names that statement. For an implicit denial, `lacks` says where a statement that allows it is missing:
    in the role, its permissions boundary, or the resource's policy. `service` is the calling AWS service, if any.
    """

    action: str
    resource: str
    times: int
    explicitly: bool
    statement: str = ""
    lacks: Literal["role", "boundary", "resource"] = "role"
    service: str = ""

    def explain(self, role: str) -> str:
        """Return why a function of this role, or a service, was denied: the denying statement, or what is missing."""
        if self.explicitly:
            return f"{self.statement or 'a statement'} denies it"
        missing: dict[str, Any] = {"Effect": "Allow", "Action": self.action, "Resource": self.resource}
        if self.service:
            missing = {"Effect": "Allow", "Principal": {"Service": self.service}, **missing}
        policies = {
            "role": f"its role {role}",
            "boundary": f"the permissions boundary of its role {role}",
            "resource": f"the policy of {self.resource}",
        }
        return f"{policies[self.lacks]} lacks {json.dumps(missing)}"


class FunctionPermissions(Record):
    """What a function's role grants it, and what it was denied; or the same of an AWS service, which has no role.

    The grants of a service, such as `cloudwatch.amazonaws.com`, are those of resource policies that it used.
    """

    function: str
    role: str
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...]


class PermissionReport(Record):
    """All deployed functions with known roles, since the engine started; `enforced` tells whether calls are denied."""

    enforced: bool
    functions: tuple[FunctionPermissions, ...]
