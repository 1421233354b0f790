"""The deployment of a stack: change set, preview, execution with live events, outputs; the same for every target."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError

from agenticai.stack import artifacts, events, waiting
from agenticai.stack.changeset import ChangeSet, ChangeSets, is_missing_stack, message
from agenticai.stack.errors import DeclinedError, DeployError, NotDeployedError, TargetError
from agenticai.stack.outputs import StackOutputs, typed
from agenticai.stack.secrets import Secrets, store, unstored
from agenticai.stack.seeding import seed
from agenticai.stack.target import EMBEDDED_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from agenticai.stack.build import Bundles
    from agenticai.stack.events import StackEvent
    from agenticai.stack.target import Target
    from agenticai.stack.template import Template
    from agenticai.stack.waiting import Pause

_SUCCEEDED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


def stack_name(stage: str) -> str:
    """Return the name of a stage's stack."""
    return f"agenticai-{stage}"


def deploy(
    target: Target,
    stage: str,
    *,
    template: Template,
    bundles: Bundles,
    secrets: Secrets,
    parameters: Mapping[str, str],
    project_templates: Sequence[Mapping[str, str]] = (),
    on_event: Callable[[StackEvent], object] = lambda _: None,
    confirm: Callable[[ChangeSet], bool] = lambda _: True,
    pause: Pause = waiting.pause,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> StackOutputs:
    """Bring a stage on the target to what the template and the bundles say; change nothing where it is there already.

    `parameters` are the template's, but for Stage; one left out has its default. `project_templates` are stored in its
    table, where they are not there yet. `confirm` sees what would change,
    and is not asked where nothing would. `on_event` sees each event once, in order, as it happens.

    Raises DeployError, which names the resource that failed first and why; DeclinedError when `confirm` says no; and
    TargetError when the target does not answer or refuses a call.
    """
    with _reached(target):
        ssm = target.client("ssm")
        writes = unstored(ssm, stage, secrets)
        objects = artifacts.upload(target.client("s3"), _artifacts_bucket(target), bundles)
        change_sets = ChangeSets(target.client("cloudformation"), stack_name(stage), target.polling, pause)
        values = {"Stage": stage, **parameters}
        change_set = change_sets.create(f"deploy-{new_id()}", template.body(objects, values), values)
        if change_set.changes and not confirm(change_set):
            change_sets.discard(change_set)
            raise DeclinedError(f"{stack_name(stage)} was not deployed: you said no, and nothing has changed.")
        store(ssm, writes)  # first, because a function may run as soon as it is there
        if change_set.changes:
            _execute(target, stage, change_set, on_event, pause)
        deployed = outputs(target, stage)
        seed(target.client("dynamodb"), deployed.table_name, project_templates)
        return deployed


def outputs(target: Target, stage: str) -> StackOutputs:
    """Return what the deployed stack of a stage tells of itself.

    Raises NotDeployedError if there is none, or none that ever came up, and TargetError when the target does not
    answer or refuses.
    """
    with _reached(target):
        try:
            stack = target.client("cloudformation").describe_stacks(StackName=stack_name(stage))["Stacks"][0]
        except ClientError as error:
            if not is_missing_stack(error):
                raise
            raise _not_deployed(target, stage) from error
        values = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        if not values:
            raise _not_deployed(target, stage)
        return typed(target, stage, values)


def _execute(
    target: Target, stage: str, change_set: ChangeSet, on_event: Callable[[StackEvent], object], pause: Pause
) -> None:
    cloudformation = target.client("cloudformation")
    stream = events.EventStream(cloudformation, change_set.stack_id)
    cloudformation.execute_change_set(ChangeSetName=change_set.arn)
    status, seen = events.follow(cloudformation, stream, change_set.stack_id, on_event, target.polling, pause)
    if status not in _SUCCEEDED:
        raise _failure(stage, status, events.first_failure(seen))


def _failure(stage: str, status: str, cause: StackEvent | None) -> DeployError:
    outcome = "the stack of before still serves" if status == "UPDATE_ROLLBACK_COMPLETE" else f"the stack is {status}"
    if cause is None:
        return DeployError(f"{stack_name(stage)} was not deployed, and no event says why; {outcome}.")
    return DeployError(
        f"{stack_name(stage)} was not deployed: {cause.logical_id} ({cause.resource_type}) failed,"
        f" because: {cause.reason.rstrip('.')}; {outcome}.",
        logical_id=cause.logical_id,
        resource_type=cause.resource_type,
        reason=cause.reason,
    )


def _artifacts_bucket(target: Target) -> str:
    account = target.client("sts").get_caller_identity()["Account"]
    return f"agenticai-artifacts-{account}-{target.region}"


def _not_deployed(target: Target, stage: str) -> NotDeployedError:
    return NotDeployedError(
        f"There is no stack {stack_name(stage)} at {target.endpoint_url}: the stage {stage} has not been deployed"
        " there; name one that has (`agenticai up` deploys dev)."
    )


@contextmanager
def _reached(target: Target) -> Iterator[None]:
    """Turn a connection that fails, a call that is refused and a wait without end into one sentence."""
    try:
        yield
    except TimeoutError as error:
        raise DeployError(
            f"{target.name} is still at work, {error}: look at the stack there, then try again."
        ) from error
    except ClientError as error:
        raise TargetError(f"{target.name} refused {error.operation_name}: {message(error)}") from error
    except (AwsConnectionError, HTTPClientError) as error:
        raise TargetError(
            f"Nothing answers at {target.endpoint_url}: start the engine there, then try again;"
            f" `make up` starts one at {EMBEDDED_ENDPOINT}."
        ) from error
