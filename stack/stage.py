"""Deploys a stage of this project's own stack, with its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agenticai.stack.deploying import (
    StackDefinition,
    compare_stack,
    deploy_stack,
    read_stack_outputs,
    translate_aws_errors,
)
from agenticai.stack.errors import NotDeployedError
from agenticai.stack.outputs import StackOutputs, read_outputs
from agenticai.stack.secrets import Secrets, find_unstored, store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_cloudformation.literals import CapabilityType

    from agenticai.stack.changes import ChangeSet
    from agenticai.stack.events import StackEvent
    from agenticai.stack.packaging import Bundles
    from agenticai.stack.target import Target
    from agenticai.stack.template import Template

CAPABILITIES: Final[Sequence[CapabilityType]] = ("CAPABILITY_IAM",)
"""The template creates roles without custom names."""


TAG: Final = "agenticai:stage"
"""The tag that identifies a stage's resources and costs."""


def name_stack(stage: str) -> str:
    """Return the name of a stage's stack."""
    return f"agenticai-{stage}"


def deploy_stage(
    target: Target,
    stage: str,
    *,
    template: Template,
    bundles: Bundles,
    secrets: Secrets,
    parameters: Mapping[str, str],
    on_event: Callable[[StackEvent], object] = lambda _: None,
    confirm: Callable[[ChangeSet], bool] = lambda _: True,
) -> StackOutputs:
    """Bring a stage on the target to the template and the bundles, as `deploy_stack` does.

    `parameters` are the template's, without Stage. Raises the errors of `deploy_stack`, and DeployError if there is no
    Gemini API key, neither given nor stored.
    """
    with translate_aws_errors(target):
        ssm = target.client("ssm")
        unstored = find_unstored(ssm, stage, secrets)
    deploy_stack(
        target,
        name_stack(stage),
        _define(stage, template, bundles, parameters),
        on_event=on_event,
        confirm=confirm,
        prepare=lambda: store(ssm, unstored),  # first, because a function may run as soon as it exists
    )
    return read_stage_outputs(target, stage)


def compare_stage(
    target: Target, stage: str, *, template: Template, bundles: Bundles, parameters: Mapping[str, str]
) -> ChangeSet:
    """Return what `deploy_stage` would change in the stack. Raises the errors of `compare_stack`."""
    return compare_stack(target, name_stack(stage), _define(stage, template, bundles, parameters))


def _define(stage: str, template: Template, bundles: Bundles, parameters: Mapping[str, str]) -> StackDefinition:
    return StackDefinition(template, bundles, {"Stage": stage, **parameters}, CAPABILITIES, {TAG: stage})


def read_stage_outputs(target: Target, stage: str) -> StackOutputs:
    """Return the outputs of a stage's deployed stack.

    Raises NotDeployedError if it does not exist or was never created successfully, and TargetError if the target does
    not answer or refuses.
    """
    try:
        values = read_stack_outputs(target, name_stack(stage))
    except NotDeployedError:
        values = {}
    if not values:
        raise NotDeployedError(
            f"There is no stack {name_stack(stage)} at {target.address}: the stage {stage} has not been deployed"
            " there; name one that has (`agenticai up` deploys dev)."
        )
    try:
        return read_outputs(target, stage, values)
    except KeyError as error:
        raise NotDeployedError(
            f"The stack {name_stack(stage)} at {target.address} has no output {error}: another version, or another"
            " project, deployed it."
        ) from error
