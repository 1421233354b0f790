"""The errors of this package; each message is one sentence that says what to do next."""


class StackError(Exception):
    """The base of the tree.

    StackError
     ├─ BuildError         a bundle could not be built
     ├─ TargetError        the target is unknown or does not answer
     ├─ NotDeployedError   there is no such stack on the target
     ├─ DriftError         resources differ from the template, or this is not known
     └─ DeployError        the stack was not deployed; names the resource at fault if there is one
         └─ DeclinedError  the user said no; nothing was changed
    """


class BuildError(StackError):
    """A bundle could not be built."""


class TargetError(StackError):
    """The target is unknown or does not answer."""


class NotDeployedError(StackError):
    """There is no such stack on the target."""


class DriftError(StackError):
    """Resources of a stack differ from its template, or this is not known."""


class DeployError(StackError):
    """The stack was not deployed.

    `logical_id`, `resource_type` and `reason` describe the resource that failed first; they are empty if the deployment
    was refused before it changed a resource.
    """

    def __init__(self, message: str, *, logical_id: str = "", resource_type: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.logical_id = logical_id
        self.resource_type = resource_type
        self.reason = reason


class DeclinedError(DeployError):
    """The user said no; nothing was changed."""
