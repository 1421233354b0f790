"""The errors of this package; each message is one sentence that says what to do next."""


class StackError(Exception):
    """Root of the tree.

    StackError
     ├─ BuildError         a bundle could not be made
     ├─ TargetError        the target is unknown or does not answer
     ├─ NotDeployedError   there is no such stack on the target
     ├─ DriftError         resources are not as the template has them, or that is not known
     └─ DeployError        the stack was not deployed; names the resource at fault when one is
         └─ DeclinedError  the person who was asked said no; nothing has changed
    """


class BuildError(StackError):
    """A bundle could not be made."""


class TargetError(StackError):
    """The target is unknown or does not answer."""


class NotDeployedError(StackError):
    """There is no such stack on the target."""


class DriftError(StackError):
    """Resources of a stack are not as its template has them, or that is not known."""


class DeployError(StackError):
    """The stack was not deployed.

    `logical_id`, `resource_type` and `reason` tell of the resource that failed first; they are empty when the
    deployment was refused before it touched a resource.
    """

    def __init__(self, message: str, *, logical_id: str = "", resource_type: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.logical_id = logical_id
        self.resource_type = resource_type
        self.reason = reason


class DeclinedError(DeployError):
    """The person who was asked said no; nothing has changed."""
