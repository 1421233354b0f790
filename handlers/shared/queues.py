"""The port to the agents' queues, and its SQS adapter."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shared.models.errors import Retryable
from shared.models.messages import AnyMessage, DeployRequested, PlanRequested, TaskReady, TestRequested

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class AgentQueue(StrEnum):
    """The four agents' queues."""

    PM = "pm"
    DEV = "dev"
    QA = "qa"
    OPS = "ops"


DESTINATION: Mapping[type, AgentQueue] = {
    PlanRequested: AgentQueue.PM,
    TaskReady: AgentQueue.DEV,
    TestRequested: AgentQueue.QA,
    DeployRequested: AgentQueue.OPS,
}
"""The queue of each kind of message."""


class Outgoing(Protocol):
    """Sends messages. Throttling and outages raise `shared.models.errors.Retryable`."""

    def send(self, messages: Iterable[AnyMessage], *, delay: int = 0) -> None:
        """Send each message to its queue, `delay` seconds from now (0 to 900)."""
        ...


class SqsOutgoing:
    """Sends over SQS, and postpones received messages; it connects on first use, as not every function sends."""

    def __init__(self, connect: Callable[[], "SQSClient"], urls: Mapping[AgentQueue, str]) -> None:
        self._connect = connect
        self._urls = urls

    def send(self, messages: Iterable[AnyMessage], *, delay: int = 0) -> None:
        for message in messages:
            try:
                self._connect().send_message(
                    QueueUrl=self._urls[DESTINATION[type(message)]],
                    MessageBody=message.model_dump_json(by_alias=True),
                    DelaySeconds=delay,
                )
            except (ClientError, BotoCoreError) as error:
                raise Retryable(f"SQS did not take {message.id}: {error}") from error

    def postpone(self, queue: AgentQueue, receipt_handle: str, seconds: float) -> None:
        """Postpone the next delivery of a message by a number of seconds.

        SQS allows no more than 12 hours after the message was received.
        """
        try:
            self._connect().change_message_visibility(
                QueueUrl=self._urls[queue], ReceiptHandle=receipt_handle, VisibilityTimeout=round(seconds)
            )
        except (ClientError, BotoCoreError) as error:
            raise Retryable(f"SQS did not change when a message comes again: {error}") from error
