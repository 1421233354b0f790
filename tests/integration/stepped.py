"""A test module's own engine, whose messages, clock and faults its tests control."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from agenticai.emulator.process import start_engine
from tests.integration.cloud import CASSETTES, Cloud, eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


T = TypeVar("T")

SERVERS: Final = ("compiled", "pure-python")
"""The engine's server: httptools and uvloop, or h11 and asyncio."""


@contextmanager
def stepped_cloud(run_dir: Path, *, pure_python: bool = False) -> Iterator[Cloud]:
    """Start an engine that delivers messages only while it settles; it cannot be shared, as its clock is ahead."""
    starting = start_engine(cassettes=CASSETTES, run_dir=run_dir, pure_python=pure_python)
    with starting as engine, Cloud(engine.endpoint_url) as cloud:
        cloud.control.dispatch("stepped")
        yield cloud


class Queue:
    """A queue of the engine, with the operations of producers and consumers."""

    def __init__(self, cloud: Cloud, **attributes: object) -> None:
        self._sqs = cloud.sqs
        self._lambda = cloud.lambda_
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
        self.name = f"q-{uuid.uuid4().hex[:8]}{'.fifo' if 'FifoQueue' in attributes else ''}"
        self.url = cloud.sqs.create_queue(QueueName=self.name, Attributes=texts)["QueueUrl"]  # type: ignore[arg-type]
        self.arn = self.attribute("QueueArn")

    def feed(
        self,
        function: str,
        *response_types: Literal["ReportBatchItemFailures"],
        batch_size: int = 10,
        window_s: int = 0,
    ) -> None:
        """Deliver its messages to a function."""
        self._lambda.create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=self.arn,
            FunctionResponseTypes=response_types,
            BatchSize=batch_size,
            MaximumBatchingWindowInSeconds=window_s,
        )

    def attribute(self, name: str) -> str:
        answer = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])  # type: ignore[list-item]
        return answer["Attributes"][name]  # type: ignore[index]

    def counts(self) -> tuple[int, int, int]:
        """Return how many messages are visible, in flight, and delayed."""
        prefix = "ApproximateNumberOfMessages"
        visible, in_flight, delayed = (int(self.attribute(prefix + kind)) for kind in ("", "NotVisible", "Delayed"))
        return visible, in_flight, delayed

    @property
    def depth(self) -> int:
        """Return the number of all messages."""
        return sum(self.counts())

    def send(self, *bodies: str) -> list[str]:
        """Send messages, and return their ids."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        sent = self._sqs.send_message_batch(QueueUrl=self.url, Entries=entries)  # type: ignore[arg-type]
        return [entry["MessageId"] for entry in sent["Successful"]]

    def receive(self, wait_s: int = 0) -> list["MessageTypeDef"]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def only(self) -> "MessageTypeDef":
        """Receive the only visible message."""
        (message,) = self.receive()
        return message


def arriving(receive: Callable[[], list[T]]) -> list[T]:
    """Receive until something arrives, as some engines move or show messages a moment later."""
    received: list[T] = []

    def look() -> bool:
        received.extend(receive())
        return bool(received)

    eventually(look)
    return received


def printed(cloud: Cloud, name: str) -> list[Any]:
    """Return what a function printed as JSON, line by line, in order of time."""
    found = cloud.logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [json.loads(event["message"]) for event in found if event["message"].startswith(("{", "["))]
