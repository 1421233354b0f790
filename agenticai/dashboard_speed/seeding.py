"""Fills a stack as if it had long been in use: with projects, dead letters and runs of the bench."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ulid import ULID

from agenticai.client.stack import DeployedStack
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.stack.private_files import make_private, write_private
from shared.models import layout

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

ORIGINALS: Final = 3
"""The number of projects that the agents work on; the others are copies of these."""

CLIENTS: Final = 4
ITEMS: Final = 25
"""The maximum number of items in one BatchWriteItem."""

LOGGED: Final = 5_000
"""The number of letters, the oldest ones, whose failure is in the log; the engine keeps 2 MiB of a log."""

MESSAGES: Final = 10
"""The maximum number of messages in one SendMessageBatch."""

EVENTS: Final = 1_000
"""The number of log events in one PutLogEvents."""

CAUSES: Final = (
    ("ThrottlingException", "persist: rate exceeded"),
    ("ModelUnavailable", "the model is overloaded"),
    ("Poison", "not a message: it is not JSON"),
    ("TimeoutError", "the interpreter did not answer in 30 s"),
    ("KeyError", "'files'"),
    ("ConnectionError", "the bucket closed the connection"),
)
PADDING: Final = "x" * 10_000
"""Added to each replay of a run, for the data that the dashboard does not read, such as its projects' events."""

T = TypeVar("T")


def seed_projects(stack: DeployedStack, count: int) -> list[str]:
    """Create a few projects, copy them until there are `count`, and read each once, so that the meter knows it."""
    scenario = load(LIBRARY / "greeting.yaml").first
    with stack.api() as api, stack.control() as control, ThreadPoolExecutor(CLIENTS) as clients:
        project_ids = [api.create(scenario.name, scenario.requirements).id for _ in range(min(count, ORIGINALS))]
        control.settle(timeout_s=600)
        originals = islice(cycle(project_ids), max(0, count - len(project_ids)))
        copies = list(clients.map(lambda original: _copy(stack, original, str(ULID())), originals))
    with stack.api() as api:  # one after the other, as the API is limited to 50 requests a second
        for copy in copies:
            api.get(copy)
    return [*project_ids, *copies]


def _copy(stack: DeployedStack, original: str, copy: str) -> str:
    """Copy a project's items, and the objects that are read by the pages about all projects."""
    dynamodb, s3 = stack.target.client("dynamodb"), stack.target.client("s3")
    table, bucket = stack.outputs.table_name, stack.outputs.bucket_name
    stored_items = dynamodb.query(
        TableName=table,
        KeyConditionExpression="PK = :key",
        ExpressionAttributeValues={":key": {"S": layout.project(original)}},
    )["Items"]
    items = json.loads(json.dumps(stored_items).replace(original, copy))
    for batch in _split(items, ITEMS):
        puts: list[WriteRequestTypeDef] = [{"PutRequest": {"Item": item}} for item in batch]
        dynamodb.batch_write_item(RequestItems={table: puts})
    reports = next(prefix for prefix in layout.objects(original) if prefix.startswith("test_results"))
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=reports).get("Contents", ()):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        s3.put_object(Bucket=bucket, Key=entry["Key"].replace(original, copy), Body=body)
    return copy


def seed_letters(stack: DeployedStack, agent: str, count: int, projects: Sequence[str]) -> None:
    """Put messages into an agent's dead-letter queue, and the reasons of their failures into its function's log."""
    url, now = stack.outputs.dead_letter_queue_urls[agent], datetime.now(UTC)
    bodies = [_make_body(number, projects) for number in range(count)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        sent = clients.map(lambda chunk: _send(stack, url, chunk), list(_split(bodies, MESSAGES)))
        ids = [message for batch in sent for message in batch]
    logs, group = stack.target.client("logs"), f"/aws/lambda/{stack.outputs.function_names[agent]}"
    lines = [_make_log_line(number, message, now) for number, message in enumerate(ids[:LOGGED])]
    for number, chunk in enumerate(_split(lines, EVENTS)):
        stream = f"dead-letters-{number}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events: Any = [{"timestamp": int(now.timestamp() * 1000), "message": line} for line in chunk]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _make_body(number: int, projects: Sequence[str]) -> str:
    head = {"schema": "test-requested/2", "project_id": projects[number % len(projects)], "correlation_id": "c"}
    return json.dumps({**head, "revision": {"build": 1, "round": number % 3}})


def _send(stack: DeployedStack, url: str, bodies: Sequence[str]) -> list[str]:
    entries: Any = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    answer = stack.target.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    return [result["MessageId"] for result in answer["Successful"]]


def _make_log_line(number: int, message_id: str, at: datetime) -> str:
    """Return the log line of a worker that could not process a message."""
    error_type, reason = CAUSES[number % len(CAUSES)]
    return json.dumps(
        {
            "message": "will be delivered again",
            "timestamp": f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d}+0000",
            "error_type": error_type,
            "reason": reason,
            "message_id": message_id,
            "function_request_id": str(ULID()),
        }
    )


def seed_runs(home: Path, count: int) -> None:
    """Write the documents of runs of the whole library to a state folder, one per hour."""
    names, start = sorted(path.stem for path in LIBRARY.glob("*.yaml")), datetime.now(UTC) - timedelta(hours=count)
    make_private(home / "runs")
    for number in range(count):
        started_at = start + timedelta(hours=number)
        folder = make_private(home / "runs" / f"{started_at:%Y%m%dT%H%M%S.%f}-0")
        replays = [_make_replay(name, failed=(index + number) % 17 == 0) for index, name in enumerate(names)]
        head = {"schema": "agenticai-run/1", "started_at": started_at.isoformat(), "target": "embedded", "seed": 0}
        write_private(folder / "run.json", json.dumps({**head, "repeat": 1, "wall_s": 60.0, "scenarios": replays}))
        write_private(folder / "report.html", "<!doctype html><title>A run</title>")


def _make_replay(name: str, *, failed: bool) -> dict[str, Any]:
    return {
        "name": name,
        "outcome": "failed" if failed else "passed",
        "unmet": ["The project ended otherwise."] if failed else [],
        "wall_s": 1.5,
        "calls_by_service": {"sqs": 40, "dynamodb": 120, "s3": 30},
        "gb_seconds": 1.25,
        "cost_usd": 0.0004,
        "projects": PADDING,
    }


def _split(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))
