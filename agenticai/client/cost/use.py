"""What a stack has used, from the meter and from AWS's own API."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agenticai.client.cost.prices import LINES, LineId
from agenticai.emulator.core.usage_records import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef

    from agenticai.client.stack import DeployedStack
    from agenticai.emulator.client import ControlClient

ITEM_BYTES: Final = 100
"""The overhead that AWS bills for each item of a table, and of an index, on top of its attributes."""

STORING: Final = frozenset({"dynamodb", "s3", "logs", "monitoring", "cloudwatch", "cloudformation"})
NO_METER: Final = "Only the embedded engine's meter counts the calls and invocations of a stack."
KEPT: Final[frozenset[LineId]] = frozenset(
    {"dynamodb-storage", "dynamodb-backups", "s3-storage", "log-ingestion", "alarms"}
)
CALLED: Final[frozenset[LineId]] = frozenset(LINES) - KEPT
"""The lines that are billed by calls and invocations; the others are billed by what is stored."""

READS: Final = ("Get", "List", "Head", "Describe", "Filter", "Query", "Scan", "BatchGet", "TransactGet")


@dataclass(frozen=True)
class Stored:
    """What a stack stores: bytes of its functions' logs, of all versions of its objects and of its table; its alarms.

    `backup_bytes` is the size covered by point-in-time recovery: the table without its indexes.
    """

    log_bytes: int
    object_bytes: int
    alarms: int
    table_bytes: int = 0
    backup_bytes: int = 0


@dataclass(frozen=True)
class StackUse:
    """The use of the stack and of each project since the meter began, and the number of mappings that poll queues."""

    total: Usage
    projects: tuple[Usage, ...]
    stored: Stored
    mappings: int
    missing: Mapping[LineId, str] = field(default_factory=dict)
    """The lines whose use is unknown, each with the reason as a sentence."""

    @property
    def metered(self) -> bool:
        """Whether calls and invocations are counted."""
        return any(line not in self.missing for line in CALLED)


class UsageReader:
    """Reads what each project used; a look fetches only those with new use. Thread-safe."""

    def __init__(self, control: "ControlClient") -> None:
        self._control = control
        self._lock = threading.Lock()
        self._book, self._cursor = "", 0
        self._projects: dict[str, Usage] = {}

    def look(self) -> tuple[Usage, Mapping[str, Usage]]:
        """Return the use of the whole stack, and of each project. Raises ControlError."""
        with self._lock:
            usage = self._control.usage_by_project(self._cursor)
            if usage.book != self._book:
                usage = self._control.usage_by_project()
                self._projects.clear()
            self._book, self._cursor = usage.book, usage.next
            self._projects.update((used.project_id, used) for used in usage.projects if used.project_id)
            return usage.total, dict(self._projects)


class UseReader:
    """Reads what a stack has used; each look fetches only what may have changed. Thread-safe."""

    def __init__(self, stack: "DeployedStack", control: "ControlClient") -> None:
        self._stack = stack
        self.usage = UsageReader(control)
        self._lock = threading.Lock()
        self._stored: tuple[Counter[str], Stored] | None = None

    def look(self) -> StackUse:
        """Return the use until now. Raises ControlError and botocore's errors."""
        with self._lock:
            total, projects = self.usage.look()
            written = _count_writes(total)
            if self._stored is None or self._stored[0] != written:
                self._stored = written, _measure_stored(self._stack)
                total, projects = self.usage.look()  # includes the calls that read what is stored
            mappings = len(self._stack.outputs.queue_urls)
            return StackUse(total, tuple(projects.values()), self._stored[1], mappings)


def read_unmetered_use(stack: "DeployedStack") -> StackUse:
    """Return what is known of a stack without a meter: what it stores, and how many queues are polled.

    Raises botocore's errors.
    """
    no_usage = Usage(project_id=None, calls=(), functions=())
    missing = dict.fromkeys(sorted(CALLED), NO_METER)
    return StackUse(no_usage, (), _measure_stored(stack), len(stack.outputs.queue_urls), missing)


def _count_writes(total: Usage) -> "Counter[str]":
    """Count the calls that may have changed what is stored: all except reads."""
    counts = Counter({row.function: row.invocations for row in total.functions})
    for row in total.calls:
        if row.service in STORING and not row.operation.startswith(READS):
            counts[f"{row.service} {row.operation}"] += row.calls
    return counts


def _measure_stored(stack: "DeployedStack") -> Stored:
    dynamodb, name = stack.target.client("dynamodb"), stack.outputs.table_name
    table = dynamodb.describe_table(TableName=name)["Table"]
    data_bytes = table["TableSizeBytes"] + ITEM_BYTES * table["ItemCount"]
    return Stored(
        sum(_list_log_bytes(stack)),
        sum(_list_object_bytes(stack)),
        sum(1 for _ in _list_alarms(stack)),
        table_bytes=data_bytes + sum(_list_index_bytes(table)),
        backup_bytes=data_bytes,
    )


def _list_log_bytes(stack: "DeployedStack") -> Iterator[int]:
    logs = stack.target.client("logs")
    for function in stack.outputs.function_names.values():
        name = f"/aws/lambda/{function}"
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name):
            yield from (group.get("storedBytes", 0) for group in page["logGroups"] if group["logGroupName"] == name)


def _list_object_bytes(stack: "DeployedStack") -> Iterator[int]:
    versions = stack.target.client("s3").get_paginator("list_object_versions")
    for page in versions.paginate(Bucket=stack.outputs.bucket_name):
        yield from (version["Size"] for version in page.get("Versions", ()))


def _list_index_bytes(table: "TableDescriptionTypeDef") -> Iterator[int]:
    for index in table.get("GlobalSecondaryIndexes", ()):
        yield index.get("IndexSizeBytes", 0) + ITEM_BYTES * index.get("ItemCount", 0)


def _list_alarms(stack: "DeployedStack") -> Iterator[str]:
    alarms = stack.target.client("cloudwatch").get_paginator("describe_alarms")
    for page in alarms.paginate(AlarmNamePrefix="agenticai-"):
        names = (alarm["AlarmName"] for alarm in page["MetricAlarms"])
        yield from (name for name in names if name.endswith(f"-{stack.outputs.stage}"))
