"""Reads the snapshot for the invariants, through the AWS API and without changing anything."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from boto3.dynamodb.types import TypeDeserializer
from pydantic import BaseModel, ValidationError

from agenticai.client.queues.model import Depth
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.invariants.snapshot import (
    BucketKey,
    Denied,
    Items,
    Metadata,
    Named,
    StackSnapshot,
    StateBefore,
    StoredProject,
    Unreadable,
)
from agenticai.stack.target import Capability
from shared.models import layout
from shared.models.events import TimelineEvent
from shared.models.layout import ItemKind
from shared.models.project import StoredObject
from shared.models.records import DeploymentRecord, FileRecord, PlanRecord, TaskRecord, TestRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PEEK_SECONDS: Final = 30
"""How long an inspected message is hidden from others; it is released right after."""

BATCH: Final = 10
"""The maximum size of a batch in SQS."""

Item = Mapping[str, Any]


M = TypeVar("M", bound=BaseModel)


def read_snapshot(
    bench: Bench, project_ids: Sequence[str], *, deleted: Collection[str] = (), before: StateBefore | None = None
) -> StackSnapshot:
    """Read the stack while nothing is running.

    `deleted` are the projects that their owners deleted. `before` is the state before the scenario: every younger
    project that is not in `project_ids` was not requested, and only denials since then count. Without it, all denials
    count.
    """
    table, bucket = bench.outputs.table_name, bench.outputs.bucket_name
    dynamodb, s3, sqs = (bench.target.client("dynamodb"), bench.target.client("s3"), bench.target.client("sqs"))
    return StackSnapshot(
        projects=tuple(
            StoredProject(project_id, project_id in deleted, items, tuple(_list_objects(s3, bucket, project_id, items)))
            for project_id in project_ids
            for items in [read_items(dynamodb, table, project_id)]
        ),
        queues={agent: Depth.of(sqs, url) for agent, url in bench.outputs.queue_urls.items()},
        dead_letters={agent: _peek_messages(sqs, url) for agent, url in bench.outputs.dead_letter_queue_urls.items()},
        unasked=tuple(sorted({*_list_younger(dynamodb, table, before.newest_project)} - {*project_ids}))
        if before
        else (),
        denied=read_denied(bench, before),
    )


def read_state_before(bench: Bench) -> StateBefore:
    """Read the state before a scenario."""
    newest = next(_list_younger(bench.target.client("dynamodb"), bench.outputs.table_name, ""), "")
    return StateBefore(newest, read_denied(bench))


def read_denied(bench: Bench, before: StateBefore | None = None) -> Counter[Denied]:
    """Return the denials of functions with their counts, since `before`, or since the engine started."""
    return _read_denied(bench) - Counter(before.denied if before else {})


def _read_denied(bench: Bench) -> Counter[Denied]:
    """Return all denials so far; empty if the roles of functions are not enforced."""
    if Capability.PERMISSIONS not in bench.target.capabilities:
        return Counter()
    with bench.control() as control:
        report = control.permissions()
    return Counter(
        {
            Denied(function.function, denial.action, denial.resource, denial.explain(function.role)): denial.times
            for function in (report.functions if report.enforced else ())
            for denial in function.denials
        }
    )


def read_items(dynamodb: "DynamoDBClient", table: str, project_id: str) -> Items:
    """Return all items of a project's partition, read consistently."""
    return sort_items(list(_query_partition(dynamodb, table, layout.project(project_id))))


def sort_items(stored: Sequence[Item]) -> Items:
    """Sort the stored items of a project, with their attributes such as `PK` and `SK`, by type."""
    unreadable: list[Unreadable] = []

    def all_of(prefix: str, kind: type[M]) -> tuple[M, ...]:
        return tuple(_parse_items(kind, [item for item in stored if item["SK"].startswith(prefix)], unreadable))

    metadata = all_of(layout.METADATA, Metadata)
    return Items(
        sort_keys=tuple(item["SK"] for item in stored),
        metadata=metadata[0] if metadata else None,
        plans=all_of(ItemKind.PLAN, PlanRecord),
        tasks=all_of(ItemKind.TASK, TaskRecord),
        tests=all_of(ItemKind.TEST, TestRecord),
        deployments=all_of(ItemKind.DEPLOYMENT, DeploymentRecord),
        files=all_of(ItemKind.FILE, FileRecord),
        events=all_of(ItemKind.EVENT, TimelineEvent),
        named=tuple(Named(item["SK"], found) for item in stored for found in find_objects(item)),
        unreadable=tuple(unreadable),
    )


def find_objects(value: Any) -> Iterator[StoredObject]:
    """Yield every object that an item names, at any depth."""
    match value:
        case {"key": _, "size": _, "sha256": _}:
            yield StoredObject.model_validate(value)
        case dict():
            for member in value.values():
                yield from find_objects(member)
        case list():
            for member in value:
                yield from find_objects(member)


def _parse_items(kind: type[M], items: Iterable[Item], unreadable: list[Unreadable]) -> Iterator[M]:
    for item in items:
        try:
            yield kind.model_validate({name: value for name, value in item.items() if name not in {"PK", "SK"}})
        except ValidationError as error:
            unreadable.append(Unreadable(item["SK"], str(error)))


def _query_partition(dynamodb: "DynamoDBClient", table: str, pk: str) -> Iterator[Item]:
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    deserializer = TypeDeserializer()
    for page in pages:
        for raw in page["Items"]:
            yield {name: deserializer.deserialize(value) for name, value in raw.items()}


def _list_younger(dynamodb: "DynamoDBClient", table: str, project_id: str) -> Iterator[str]:
    """Return the ids of all projects created after one, the newest first; ids sort by creation time."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        IndexName="GSI1",
        KeyConditionExpression="GSI1PK = :listing AND GSI1SK > :last",
        ExpressionAttributeValues={":listing": {"S": layout.Listing.PROJECTS}, ":last": {"S": project_id or "0"}},
        ScanIndexForward=False,
    )
    return (raw["GSI1SK"]["S"] for page in pages for raw in page["Items"])


def _list_objects(s3: "S3Client", bucket: str, project_id: str, items: Items) -> Iterator[BucketKey]:
    """Yield a project's keys in the bucket; the content is only read if an item names the key."""
    named = {reference.object.key for reference in items.named}
    for prefix in layout.objects(project_id):
        sizes: dict[str, int] = {}
        versions, markers = Counter[str](), Counter[str]()
        listing = s3.get_paginator("list_object_versions")
        for page in listing.paginate(Bucket=bucket, Prefix=prefix):
            for version in page.get("Versions", []):
                versions[version["Key"]] += 1
                if version["IsLatest"]:
                    sizes[version["Key"]] = version["Size"]
            markers.update(marker["Key"] for marker in page.get("DeleteMarkers", []))
        for key in sorted({*versions, *markers}):
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read() if key in sizes and key in named else None
            sha256 = None if content is None else hashlib.sha256(content).hexdigest()
            yield BucketKey(key, sizes.get(key), sha256, versions[key], markers[key])


def _peek_messages(sqs: "SQSClient", url: str) -> tuple[str, ...]:
    """Return the bodies of the messages that can be received; each is released, so that all stay in the queue."""
    bodies: dict[str, str] = {}
    handles: list[str] = []
    while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=PEEK_SECONDS).get(
        "Messages"
    ):
        bodies |= {message["MessageId"]: message["Body"] for message in received}
        handles += [message["ReceiptHandle"] for message in received]
    for first in range(0, len(handles), BATCH):
        sqs.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[first : first + BATCH])
            ],
        )
    return tuple(bodies.values())
