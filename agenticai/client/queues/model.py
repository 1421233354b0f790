"""The types for queues, dead letters, and the outcomes of redrives."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from agenticai.emulator.core.bench_records import QueuedMessage
from shared.models.messages import parse

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: Final["tuple[QueueAttributeNameType, ...]"] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True)
class Depth:
    """The message counts of a queue, as SQS counts them."""

    visible: int = 0
    in_flight: int = 0
    delayed: int = 0

    @classmethod
    def of(cls, sqs: "SQSClient", url: str) -> "Depth":
        """Ask SQS for the depth of a queue. Raises botocore's errors."""
        attributes: Mapping[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]  # type: ignore[assignment]
        return cls(*(int(attributes[count]) for count in _COUNTS))

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True)
class QueueState:
    """The state of a queue. `oldest_s` is the age in seconds of its oldest message; None if unknown."""

    name: str
    depth: Depth
    oldest_s: float | None


@dataclass(frozen=True)
class AgentQueues:
    """An agent's queue and its dead-letter queue."""

    agent: str
    queue: QueueState
    dead_letters: QueueState


@dataclass(frozen=True)
class RequestedWork:
    """What a message asks for. `problem` says why no agent can read it; the other fields are then a guess, or None."""

    project_id: str | None
    work: str | None
    schema: str | None
    problem: str | None = None

    @classmethod
    def of(cls, body: str) -> "RequestedWork":
        """Parse what a message's body asks for."""
        try:
            message = parse(body)
        except ValidationError as error:
            return cls._guess(json.loads(body), error)
        except (ValueError, RecursionError):
            return cls(None, None, None, "it is not JSON")
        return cls(message.project_id, message.work, message.schema_)

    @classmethod
    def _guess(cls, document: object, error: ValidationError) -> "RequestedWork":
        if not isinstance(document, dict):
            return cls(None, None, None, "it is no JSON object")
        fields = {name: document[name] for name in ("project_id", "schema") if isinstance(document.get(name), str)}
        first_error = error.errors(include_url=False)[0]
        field = ".".join(map(str, first_error["loc"][1:]))  # without the schema
        problem = (
            f"{field}: {first_error['msg']}" if field else f"no agent reads messages of schema {fields.get('schema')}"
        )
        return cls(fields.get("project_id"), None, fields.get("schema"), problem)


@dataclass(frozen=True)
class Attempt:
    """A failed delivery: when it failed, in which request of the function, and with which error."""

    at: datetime
    error_type: str
    message: str
    request_id: str


@dataclass(frozen=True)
class DeadLetter:
    """A message that its agent could not process; `attempts` are the recorded ones, the oldest first."""

    message: QueuedMessage
    asked: RequestedWork
    attempts: tuple[Attempt, ...] = ()

    @property
    def cause(self) -> str:
        """The last error in a few words, the same for letters that failed for the same reason."""
        if not self.attempts:
            return "cause unknown"
        last = self.attempts[-1]
        location = f" in {self.asked.work.partition('#')[0]}" if self.asked.work else ""
        return f"{last.error_type}{location}"


@dataclass(frozen=True)
class DeadLetterPage:
    """Some dead letters of an agent, of `total`; `next` is the cursor of the following ones.

    `now` is the target's time; `received` is true if they had to be received to be read, which SQS counts.
    """

    letters: tuple[DeadLetter, ...]
    total: int
    next: str | None
    now: datetime
    received: bool


def count_causes(letters: Iterable[DeadLetter]) -> list[tuple[str, int]]:
    """Return how many letters have each cause, the most frequent first."""
    return Counter(letter.cause for letter in letters).most_common()


class RedriveOutcome(StrEnum):
    """The outcome of redriving a letter."""

    SENT = "sent back"
    NOT_THERE = "not there, or in flight"
    NOT_SENT = "not sent"
    TWICE = "sent back, and not deleted"
    """It is in both queues now; its agent does the work only once, however often it is asked."""


@dataclass(frozen=True)
class RedriveResult:
    """The outcome of redriving one letter; `new_id` is the id of its message in the agent's queue."""

    id: str
    outcome: RedriveOutcome
    asked: RequestedWork | None = None
    new_id: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class MoveProgress:
    """The progress of a message move task: RUNNING, COMPLETED, CANCELLED or FAILED."""

    status: str
    moved: int
    to_move: int
    reason: str = ""
