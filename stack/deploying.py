"""Deploys any template to any target: change set, preview, execution with live events, and the result."""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as AwsConnectionError
from botocore.parsers import ResponseParserError

from agenticai.stack import artifacts, events, waiting
from agenticai.stack.changes import Fault, list_faults
from agenticai.stack.changeset import ALL_CAPABILITIES, HIDDEN, UP, ChangeSets, is_missing_stack, read_message
from agenticai.stack.errors import DeclinedError, DeployError, NotDeployedError, TargetError
from agenticai.stack.folding import fold_layers
from agenticai.stack.states import describe_failure
from agenticai.stack.target import EMBEDDED_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType

    from agenticai.stack.changes import ChangeSet
    from agenticai.stack.events import StackEvent
    from agenticai.stack.packaging import Bundles
    from agenticai.stack.target import Target
    from agenticai.stack.template import Template
    from agenticai.stack.waiting import Pause


@dataclass(frozen=True)
class DeployedStack:
    """A deployed stack: its outputs, and the physical id of each resource by its logical id.

    A physical id is what `Ref` returns: the name of a function, table or bucket, the URL of a queue.
    """

    name: str
    outputs: Mapping[str, str]
    resources: Mapping[str, str]


@dataclass(frozen=True)
class StackDefinition:
    """The desired state of a stack.

    `parameters` are the template's; an omitted one keeps its current value, or else has its default. `tags` are for the
    stack and all of its resources.
    """

    template: Template
    bundles: Bundles = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    capabilities: Sequence[CapabilityType] = ALL_CAPABILITIES
    tags: Mapping[str, str] = field(default_factory=dict)


def deploy_stack(
    target: Target,
    name: str,
    definition: StackDefinition,
    *,
    on_event: Callable[[StackEvent], object] = lambda _: None,
    confirm: Callable[[ChangeSet], bool] = lambda _: True,
    prepare: Callable[[], object] = lambda: None,
    pause: Pause = waiting.pause,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Bring a stack to its definition; change nothing if it is there already.

    `confirm` gets the changes, and is not called if there are none. `prepare` is called before execution, once it is
    certain that the deployment continues. `on_event` gets each event once, in order, as it happens.

    Raises DeployError, which names the resource that failed first and why; DeclinedError if `confirm` returns false;
    and TargetError if the target does not answer or refuses a call.
    """
    with translate_aws_errors(target):
        change_sets = ChangeSets(target.client("cloudformation"), name, target.polling, pause)
        store = _make_store(target, name)
        change_set = _create(target, change_sets, definition, new_id(), store)
        with change_sets.discarding(change_set):
            if change_set.changes and not confirm(change_set):
                raise DeclinedError(f"{name} was not deployed: you said no, and nothing has changed.")
            prepare()
        if change_set.changes:
            _execute(target, name, change_set, on_event, pause)
            with suppress(ClientError):  # a deployer without permission to delete has still deployed
                store.remove_unused(now())


def compare_stack(target: Target, name: str, definition: StackDefinition) -> ChangeSet:
    """Return what `deploy_stack` would change, without uploading bundles. Raises the same errors."""
    with translate_aws_errors(target):
        change_sets = ChangeSets(target.client("cloudformation"), name, target.polling, waiting.pause)
        change_set = _create(target, change_sets, definition, uuid.uuid4().hex, _make_store(target, name, preview=True))
        change_sets.discard(change_set)
        return change_set


def _create(
    target: Target, change_sets: ChangeSets, definition: StackDefinition, id_: str, store: artifacts.Store
) -> ChangeSet:
    template, bundles = definition.template, definition.bundles
    if not target.mounts_layers:
        template, bundles = fold_layers(template, bundles)
    objects = store.upload(bundles)
    kept = _find_kept(change_sets.read_parameters(), definition)
    parameters = {**kept, **definition.parameters}
    visible = {name: value for name, value in parameters.items() if value != HIDDEN}
    text = store.prepare_template(template.render_body(objects, visible, store.make_url))
    change_set = change_sets.create(f"deploy-{id_}", text, parameters, definition.capabilities, definition.tags)
    return replace(change_set, kept=_drop_defaults(kept, template))


def describe_stack(target: Target, name: str) -> DeployedStack:
    """Return a stack's outputs and resources.

    Raises NotDeployedError if it does not exist, and TargetError if the target does not answer or refuses.
    """
    with translate_aws_errors(target):
        cloudformation = target.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        outputs = read_stack_outputs(target, name)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return DeployedStack(
            name,
            outputs,
            {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in resources},
        )


def read_stack_outputs(target: Target, name: str) -> Mapping[str, str]:
    """Return the outputs of a stack. Raises the errors of `describe_stack`."""
    with translate_aws_errors(target):
        try:
            answer = target.client("cloudformation").describe_stacks(StackName=name)
        except ClientError as error:
            if not is_missing_stack(error):
                raise
            raise NotDeployedError(f"There is no stack {name} at {target.address}.") from error
        except KeyError as error:  # botocore raises it for unexpected XML
            raise _make_no_aws_error(target) from error
        if not answer.get("Stacks"):
            raise _make_no_aws_error(target)
        return {output["OutputKey"]: output["OutputValue"] for output in answer["Stacks"][0].get("Outputs", [])}


def _find_kept(parameters: Mapping[str, str], definition: StackDefinition) -> Mapping[str, str]:
    """Return the values that a stack has for omitted parameters of the template."""
    omitted = definition.template.document.get("Parameters", {}).keys() - definition.parameters.keys()
    return {name: value for name, value in parameters.items() if name in omitted}


def _drop_defaults(parameters: Mapping[str, str], template: Template) -> Mapping[str, str]:
    declared = template.document["Parameters"] if parameters else {}
    return {name: value for name, value in parameters.items() if value != str(declared[name].get("Default"))}


def _execute(
    target: Target, name: str, change_set: ChangeSet, on_event: Callable[[StackEvent], object], pause: Pause
) -> None:
    cloudformation = target.client("cloudformation")
    stream = events.EventStream(cloudformation, change_set.stack_id)
    cloudformation.execute_change_set(ChangeSetName=change_set.arn)
    status, seen = events.follow(cloudformation, stream, change_set.stack_id, on_event, target.polling, pause)
    if status not in UP:
        raise _make_failure(name, status, _find_cause(cloudformation, seen))


def _find_cause(cloudformation: CloudFormationClient, seen: Sequence[StackEvent]) -> Fault | None:
    """Return what failed first, and why.

    The stack's events name the resource. The operation's events have more details, and name a resource if a hook or a
    validation made the whole stack fail.
    """
    event = events.find_first_failure(seen)
    cause = Fault(event.logical_id, event.resource_type, event.reason) if event else None
    operation = (event or seen[0]).operation if seen else ""
    faults = list_faults(cloudformation, OperationId=operation) if operation else ()
    if event is None or event.is_stack:
        return next(iter(faults), cause)
    return next((fault for fault in faults if fault.logical_id == event.logical_id), cause)


def _make_failure(name: str, status: str, cause: Fault | None) -> DeployError:
    outcome = describe_failure(status, name)
    if cause is None:
        return DeployError(f"{name} was not deployed, and no event says why; {outcome}.")
    return DeployError(
        f"{name} was not deployed: {cause.logical_id} ({cause.resource_type}) failed,"
        f" because: {cause.reason.rstrip('.')}; {outcome}.",
        logical_id=cause.logical_id,
        resource_type=cause.resource_type,
        reason=cause.reason,
    )


def _make_store(target: Target, stack: str, *, preview: bool = False) -> artifacts.Store:
    """Return the bucket for a stack's uploads, in the caller's account and partition."""
    identity = target.client("sts").get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    return artifacts.Store(target.client("s3"), identity["Account"], target.object_url, stack, partition, preview)


@contextmanager
def translate_aws_errors(target: Target) -> Iterator[None]:
    """Convert failed connections, refused calls and timeouts to errors of one sentence."""
    try:
        yield
    except TimeoutError as error:
        raise DeployError(
            f"{target.name} is still working ({error}): check the stack there, then try again."
        ) from error
    except ClientError as error:
        if target.endpoint_url and _is_no_answer_of_aws(error):
            raise _make_no_aws_error(target) from error
        raise TargetError(f"{target.name} refused {error.operation_name}: {read_message(error)}") from error
    except ResponseParserError as error:
        raise _make_no_aws_error(target) from error
    except (AwsConnectionError, HTTPClientError) as error:
        if not target.endpoint_url:
            raise TargetError(f"{target.address} does not answer: {error}") from error
        raise make_unreachable_error(target) from error
    except NoCredentialsError as error:
        raise TargetError(
            "There are no credentials for AWS: set them up with `aws configure`, or name a profile with --profile."
        ) from error
    except BotoCoreError as error:
        raise TargetError(f"{target.name} could not be asked: {error}") from error


def make_unreachable_error(target: Target) -> TargetError:
    """Return the error for an emulator's address at which nothing listens."""
    return TargetError(
        f"Nothing answers at {target.address}: start the engine there, then try again;"
        f" `agenticai up` starts one at {EMBEDDED_ENDPOINT}."
    )


def _is_no_answer_of_aws(error: ClientError) -> bool:
    """Return whether an answer is not an AWS error: botocore then has a status, or nothing, in place of a code."""
    code = error.response.get("Error", {}).get("Code", "")
    return not code or code.isdigit()


def _make_no_aws_error(target: Target) -> TargetError:
    return TargetError(
        f"The server at {target.address} is not the AWS API of an engine: give the address that `agenticai up` printed."
    )
