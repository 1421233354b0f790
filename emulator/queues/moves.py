"""Message move tasks, by which SQS redrives dead letters to their source queues.

The rules are those of
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
and of the API's reference. A moved message is a new one in its queue: it gets a new id, enqueue time and receive count;
body and attributes stay.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.faults.ports import EngineClock
from agenticai.emulator.http.aws_errors import AwsError, Refused, invalid

TASKS_LISTED = 10
QUEUE_GONE = "AWS.SimpleQueueService.NonExistentQueue"  # a task's failure reason if the destination does not exist
RECEIVE = {
    "MaxNumberOfMessages": 1,
    "WaitTimeSeconds": 0,
    "VisibilityTimeout": 30,  # the queue's may be 0, and a FIFO queue does not delete a message that is visible again
    "MessageAttributeNames": ["All"],
    "MessageSystemAttributeNames": ["All"],
}


class Sqs(Protocol):
    """Calls SQS with the permissions of the caller that started the task. Raises Refused."""

    async def __call__(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Call an operation, and return the result as in SQS's JSON protocol."""
        ...


@dataclass
class MoveTask:
    """A task and its progress; `status` is RUNNING, COMPLETED, CANCELLED or FAILED."""

    handle: str
    source_arn: str
    destination_arn: str | None
    per_second: int | None
    to_move: int
    started_ms: int
    status: str = "RUNNING"
    moved: int = 0
    failure: str | None = None

    def to_entry(self) -> dict[str, Any]:
        """Return the task as an entry of ListMessageMoveTasks, without fields that do not apply."""
        fields = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source_arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": self.started_ms,
        }
        return {name: value for name, value in fields.items() if value is not None}


class MoveTasks:
    """The tasks of one engine, the latest of each queue first."""

    def __init__(self, clock: EngineClock, activity: Activity, new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._activity = activity
        self._new_id = new_id
        self._tasks: dict[str, list[MoveTask]] = {}
        self._running_moves: set[asyncio.Task[None]] = set()

    async def start(self, sqs: Sqs, source_arn: str, destination_arn: str | None, per_second: int | None) -> str:
        """Start a task and return its handle. Raises Refused.

        Without a rate, all messages are moved before this returns.
        """
        source_url = await find_url(sqs, source_arn, "SourceArn")
        if not await list_dead_letter_sources(sqs, source_arn):
            raise invalid("Source queue must be configured as a Dead Letter Queue.")
        if destination_arn:
            await self._check_destination(sqs, source_arn, destination_arn)
        attributes = await get_attributes(sqs, source_url)
        latest = self._tasks.setdefault(source_arn, [])
        if any(task.status == "RUNNING" for task in latest):
            raise invalid(
                "There is already a task running."
                " Only one active task is allowed for a source queue arn at a given time."
            )
        identity = json.dumps({"taskId": self._new_id(), "sourceArn": source_arn})
        task = MoveTask(
            handle=base64.b64encode(identity.encode()).decode(),
            source_arn=source_arn,
            destination_arn=destination_arn,
            per_second=per_second,
            to_move=int(attributes["ApproximateNumberOfMessages"]),
            started_ms=int(self._clock.now().timestamp() * 1000),
        )
        self._tasks[source_arn] = [task, *latest][:TASKS_LISTED]
        moving = asyncio.create_task(self._move_all(task, sqs, source_url))
        self._running_moves.add(moving)
        moving.add_done_callback(self._running_moves.discard)
        if per_second is None:
            await moving
        return task.handle

    async def list_latest(self, sqs: Sqs, source_arn: str, limit: int) -> list[MoveTask]:
        """Return at most `limit` of a queue's tasks, the latest first. Raises Refused."""
        await find_url(sqs, source_arn, "SourceArn")
        return self._tasks.get(source_arn, [])[:limit]

    def cancel(self, handle: str) -> MoveTask:
        """Stop a task; messages that it has moved stay moved. Raises Refused."""
        task = next((task for tasks in self._tasks.values() for task in tasks if task.handle == handle), None)
        if task is None:
            raise not_found("TaskHandle")
        if task.status != "RUNNING":
            raise Refused(AwsError("UnsupportedOperation", "Only a task that is RUNNING can be cancelled."))
        task.status = "CANCELLED"
        return task

    async def _check_destination(self, sqs: Sqs, source_arn: str, destination_arn: str) -> None:
        if destination_arn == source_arn:
            raise invalid("Source queue arn and destination queue arn cannot be the same.")
        if destination_arn.endswith(".fifo") != source_arn.endswith(".fifo"):
            raise invalid("The source queue and destination queue must be of the same queue type.")
        await find_url(sqs, destination_arn, "DestinationArn")

    async def _move_all(self, task: MoveTask, sqs: Sqs, source_url: str) -> None:
        """Move the oldest message until the queue is empty, at most as often as there were messages at the start.

        Without this limit, a message that fails again and returns meanwhile would be moved forever. The task counts as
        activity of the engine, and registers its waits.
        """
        with self._activity.batch(), self._activity.invocation(task.handle):
            try:
                while task.status == "RUNNING":
                    messages = task.moved < task.to_move and (
                        await sqs("ReceiveMessage", QueueUrl=source_url, **RECEIVE)
                    ).get("Messages")
                    if not messages:
                        task.status = "COMPLETED"
                        return
                    await self._move(task, sqs, source_url, messages[0])
                    await self._await_rate(task)
            except Refused as refused:
                code = refused.error.code
                task.status, task.failure = "FAILED", QUEUE_GONE if code == "ResourceNotFoundException" else code

    async def _await_rate(self, task: MoveTask) -> None:
        if task.per_second is not None:
            moment = self._clock.now().timestamp() + 1 / task.per_second
            with self._activity.waiting(task.handle, moment):
                await self._clock.sleep_until(moment)

    async def _move(self, task: MoveTask, sqs: Sqs, source_url: str, message: Mapping[str, Any]) -> None:
        handle = {"QueueUrl": source_url, "ReceiptHandle": message["ReceiptHandle"]}
        try:
            origin = task.destination_arn or message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
            if origin is None:  # sent to the dead-letter queue directly, not moved there by SQS
                raise Refused(AwsError("CouldNotDetermineMessageSource", "The message did not come from a queue."))
            await sqs("SendMessage", QueueUrl=await find_url(sqs, origin, "DestinationArn"), **copy_message(message))
        except Refused:
            with contextlib.suppress(Refused):  # the task has failed already; the message becomes visible anyway
                await sqs("ChangeMessageVisibility", **handle, VisibilityTimeout=0)
            raise
        await sqs("DeleteMessage", **handle)
        task.moved += 1


def copy_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of SendMessage that send a received message again.

    The message's id becomes its deduplication id, as in SQS's FIFO dead-letter queues; otherwise the destination could
    drop it as a duplicate.
    """
    attributes = message.get("Attributes", {})
    trace = attributes.get("AWSTraceHeader")
    group = attributes.get("MessageGroupId")
    parameters = {
        "MessageBody": message["Body"],
        "MessageAttributes": message.get("MessageAttributes"),
        "MessageSystemAttributes": trace and {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
        "MessageGroupId": group,
        "MessageDeduplicationId": message["MessageId"] if "SequenceNumber" in attributes else None,
    }
    return {name: value for name, value in parameters.items() if value}


async def find_url(sqs: Sqs, arn: str, parameter: str) -> str:
    """Return the URL of the queue with this ARN; errors name `parameter`. Raises Refused."""
    try:
        url = str((await sqs("GetQueueUrl", QueueName=arn.rpartition(":")[2]))["QueueUrl"])
        matches = (await get_attributes(sqs, url))["QueueArn"] == arn
    except Refused as refused:
        raise not_found(parameter) from refused
    if not matches:
        raise not_found(parameter)
    return url


async def get_attributes(sqs: Sqs, url: str) -> Mapping[str, str]:
    """Return all attributes of a queue. Raises Refused."""
    answer = await sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    attributes: Mapping[str, str] = answer["Attributes"]
    return attributes


async def list_dead_letter_sources(sqs: Sqs, arn: str) -> list[str]:
    """Return the URLs of the queues that send dead letters to the queue with this ARN. Raises Refused."""
    sources: list[str] = []
    page: dict[str, Any] = {"MaxResults": 1000}
    while True:
        answer = await sqs("ListQueues", **page)
        for url in answer.get("QueueUrls", []):
            policy = json.loads((await get_attributes(sqs, url)).get("RedrivePolicy", "{}"))
            if policy.get("deadLetterTargetArn") == arn:
                sources.append(url)
        if "NextToken" not in answer:
            return sources
        page["NextToken"] = answer["NextToken"]


def not_found(parameter: str) -> Refused:
    """Return the refusal of a parameter that names a resource that does not exist."""
    message = f"The resource that you specified for the {parameter} parameter doesn't exist."
    return Refused(AwsError("ResourceNotFoundException", message, 404))
