"""What a stack has used, as the meter and AWS's own API tell it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agenticai.client.stack import DeployedStack
    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.usage_records import UsageByProject


@dataclass(frozen=True)
class Stored:
    """What lies in a stack: bytes of its functions' logs, of all versions of its objects, and its alarms."""

    log_bytes: int
    object_bytes: int
    alarms: int


@dataclass(frozen=True)
class StackUse:
    """What was used since the meter began, and by how many event source mappings queues are polled."""

    by_project: "UsageByProject"
    stored: Stored
    mappings: int


def read_use(stack: "DeployedStack", control: "ControlClient") -> StackUse:
    """Return what a stack has used. Raises ControlError and botocore's errors."""
    by_project = control.usage_by_project()  # first, so that what is asked for here is not in it
    return StackUse(by_project, _stored(stack), len(stack.outputs.queue_urls))


def _stored(stack: "DeployedStack") -> Stored:
    return Stored(sum(_log_bytes(stack)), sum(_object_bytes(stack)), sum(1 for _ in _alarms(stack)))


def _log_bytes(stack: "DeployedStack") -> Iterator[int]:
    logs = stack.target.client("logs")
    for function in stack.outputs.function_names.values():
        name = f"/aws/lambda/{function}"
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
            yield from (group.get("storedBytes", 0) for group in page["logGroups"] if group["logGroupName"] == name)


def _object_bytes(stack: "DeployedStack") -> Iterator[int]:
    versions = stack.target.client("s3").get_paginator("list_object_versions")
    for page in versions.paginate(Bucket=stack.outputs.bucket_name):
        yield from (version["Size"] for version in page.get("Versions", ()))


def _alarms(stack: "DeployedStack") -> Iterator[str]:
    alarms = stack.target.client("cloudwatch").get_paginator("describe_alarms")
    for page in alarms.paginate(AlarmNamePrefix="agenticai-"):
        names = (alarm["AlarmName"] for alarm in page["MetricAlarms"])
        yield from (name for name in names if name.endswith(f"-{stack.outputs.stage}"))
