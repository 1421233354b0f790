"""Finds all obstacles to a deployment to AWS at once, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from agenticai.stack.changeset import ChangeSets, read_message
from agenticai.stack.errors import DeployError
from agenticai.stack.simulation import find_denied
from agenticai.stack.states import DeploymentAction, find_state
from agenticai.stack.taken_names import find_taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from agenticai.stack.target import Target
    from agenticai.stack.template import Template

BOUNDARY: Final = "PermissionsBoundary"
"""The template's parameter for the permissions boundary of its roles."""

RUNS_CONCURRENCY: Final = 4
"""The concurrent runs for qa and ops, one for each message that they process."""

API_CONCURRENCY: Final = 2
"""Concurrent invocations that are reserved for the API, beside those of the queues."""


@dataclass(frozen=True)
class Identity:
    """The caller, its account and the region."""

    account: str
    arn: str
    region: str


@dataclass(frozen=True)
class Finding:
    """One finding, as a sentence; `blocks` tells whether the deployment would fail because of it."""

    message: str
    blocks: bool = True


@dataclass(frozen=True)
class Preflight:
    """The caller's identity, and the findings."""

    identity: Identity
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no finding blocks the deployment."""
        return not any(finding.blocks for finding in self.findings)


def check_deployment(
    target: Target, stack: str, template: Template, parameters: Mapping[str, str], find_secrets: Callable[[], object]
) -> Preflight:
    """Find everything that a deployment of a stack would fail on; change nothing.

    `find_secrets` raises DeployError if a secret is missing. Raises botocore's errors if AWS does not answer.
    """
    caller = target.client("sts").get_caller_identity()
    identity = Identity(caller["Account"], caller["Arn"], target.region)
    change_sets = ChangeSets(target.client("cloudformation"), stack, target.polling, lambda _: None)
    status = change_sets.read_status()
    names = {
        **change_sets.read_parameters(),
        **parameters,
        "AWS::AccountId": identity.account,
        "AWS::Region": identity.region,
    }
    checks: list[Callable[[], Iterable[Finding]]] = [
        lambda: _check_state(stack, status),
        lambda: _check_names(target, template, names) if find_state(status).action is DeploymentAction.CREATE else (),
        lambda: _check_secrets(find_secrets),
        lambda: _check_concurrency(target, template),
        lambda: _check_permissions(target, identity, stack, names.get(BOUNDARY, "")),
    ]
    findings = [finding for check in checks for finding in _list_findings(check)]
    return Preflight(identity, tuple(findings))


def _list_findings(check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return a check's findings; missing permissions for the check are a finding too, so that the others continue."""
    try:
        return list(check())
    except ClientError as error:
        reason = read_message(error).rstrip(".")
        return [
            Finding(f"Something was not checked, because {error.operation_name} was refused: {reason}.", blocks=False)
        ]


def _check_state(stack: str, status: str | None) -> Iterator[Finding]:
    state = find_state(status)
    if state.explanation:
        yield Finding(f"{stack} is {status}: {state.explanation.format(stack=stack)}.")
    elif state.action is DeploymentAction.REPLACE:
        yield Finding(f"{stack} never came up ({status}): it is deleted first; it holds nothing.", blocks=False)


def _check_secrets(find: Callable[[], object]) -> Iterator[Finding]:
    try:
        find()
    except DeployError as error:
        yield Finding(str(error))


def _check_concurrency(target: Target, template: Template) -> Iterator[Finding]:
    limits = target.client("lambda").get_account_settings()["AccountLimit"]
    free = limits["UnreservedConcurrentExecutions"]
    needed = count_concurrency(template) + RUNS_CONCURRENCY + API_CONCURRENCY
    if free < needed:
        yield Finding(
            f"Lambda runs at most {free} invocations at once in this account, and the stack takes up to {needed}:"
            ' messages will wait; ask for more in Service Quotas ("Concurrent executions" of Lambda).',
            blocks=False,
        )


def count_concurrency(template: Template) -> int:
    """Return the maximum number of concurrent invocations that a template's queues cause."""
    resources: Mapping[str, Any] = template.document["Resources"]
    events = (
        event["Properties"]
        for resource in resources.values()
        for event in (resource.get("Properties") or {}).get("Events", {}).values()
        if event.get("Type") == "SQS"
    )
    return sum(int(event.get("ScalingConfig", {}).get("MaximumConcurrency", 0)) for event in events)


def _check_permissions(target: Target, identity: Identity, stack: str, boundary: str) -> Iterator[Finding]:
    """Simulate the deployer's permissions. It only warns, as it ignores conditions and organizations' policies."""
    if identity.arn.endswith(":root"):
        yield Finding("You deploy as the account's root user: make a role for it instead.", blocks=False)
        return
    try:
        role, denied = find_denied(target, identity.arn, identity.account, stack, boundary)
    except ClientError as error:
        reason = read_message(error).rstrip(".")
        yield Finding(
            f"Your permissions were not checked, because they could not be simulated: {reason}.", blocks=False
        )
        return
    if denied:
        yield Finding(f"{role} seems not to be allowed {', '.join(denied)}: have these added.", blocks=False)


def _check_names(target: Target, template: Template, values: Mapping[str, str]) -> Iterator[Finding]:
    for logical_id, kind, name in find_taken(target, template, values):
        yield Finding(
            f"There is a {kind} named {name} already, which {logical_id} would be: delete it, or deploy another stage."
        )
