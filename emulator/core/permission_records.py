"""What the control API tells of permissions: what roles grant their functions, what these used, and what was denied."""

from agenticai.emulator.core.usage_records import Record


class Grant(Record):
    """An action on a resource as a policy allows them, and how often each action was used by that."""

    policy: str
    action: str
    resource: str
    used: dict[str, int]


class Denial(Record):
    """An action on a resource that was not allowed, and how often; `explicitly` where a statement denies it."""

    action: str
    resource: str
    times: int
    explicitly: bool

    def remedy(self, role: str) -> str:
        """Return why it was denied to a function of this role: the statement that it lacks, or that one denies it."""
        if self.explicitly:
            return "a statement denies it"
        return f'its role {role} lacks {{"Effect": "Allow", "Action": "{self.action}", "Resource": "{self.resource}"}}'


class FunctionPermissions(Record):
    """What a function's role grants it, and what it was denied."""

    function: str
    role: str
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...]


class PermissionReport(Record):
    """All deployed functions whose roles are known, since the engine started; `enforced` says that denials hold."""

    enforced: bool
    functions: tuple[FunctionPermissions, ...]
