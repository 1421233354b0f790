"""SQS as scenarios use it, with preset depths; also stands for its target."""

from collections.abc import Sequence
from typing import Any, Self

MESSAGES = "ApproximateNumberOfMessages"


class FakeSqs:
    """Keeps the requests. `depths` are each queue's depths, one per request; without them it is empty."""

    def __init__(self, depths: dict[str, list[int]] | None = None) -> None:
        self.depths = depths or {}
        self.sent: list[dict[str, Any]] = []
        self.moved: list[str] = []
        self.purged: list[str] = []

    def client(self, service: str) -> Self:
        assert service == "sqs"
        return self

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: Sequence[str]) -> dict[str, dict[str, str]]:  # noqa: N803 - AWS's names
        if AttributeNames == ["QueueArn"]:
            return {"Attributes": {"QueueArn": f"arn of {QueueUrl}"}}
        looks = self.depths.get(QueueUrl)
        number = looks.pop(0) if looks else 0
        return {"Attributes": {name: str(number if name == MESSAGES else 0) for name in AttributeNames}}

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)

    def start_message_move_task(self, SourceArn: str) -> None:  # noqa: N803 - AWS's names
        self.moved.append(SourceArn)

    def purge_queue(self, QueueUrl: str) -> None:  # noqa: N803 - AWS's names
        self.purged.append(QueueUrl)
