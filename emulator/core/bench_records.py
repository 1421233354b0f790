"""What the control API tells of the clock, of the work that is left, of messages in queues, and of the model."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints

from agenticai.emulator.core.usage_records import Record

Dispatch = Literal["free", "stepped"]
"""How messages reach functions: at any time and several at once, or one by one and only while the engine settles."""


Answers = Literal["stored", "nearest", "live", "compatible"]
"""Where the engine's replies come from: stored ones that fit, the nearest stored ones, the Gemini API itself, or a
server of the OpenAI-compatible API."""

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
"""Whether a CloudWatch alarm's metric is within its threshold, beyond it, or not known well enough to say."""

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Jump(Record):
    """Time that was skipped: the engine's time before, and how many seconds."""

    at: datetime
    seconds: float


class ClockReading(Record):
    """The engine's time, how many seconds of it were skipped in all, and the latest 1,000 jumps, the oldest first."""

    now: datetime
    ahead_s: float
    jumps: tuple[Jump, ...] = ()


class Settled(Record):
    """Why `settle` returned: all is quiet, a fault holds a call back, or enough deliveries were worked on.

    `skipped_s` is how far the clock was moved meanwhile.
    """

    quiet: bool
    held: bool
    deliveries: int
    skipped_s: float


class StartAheadRequest(Record):
    """The functions that shall have an environment started ahead of need, in this order."""

    functions: tuple[str, ...]


class DispatchRequest(Record):
    """How messages shall reach functions from now on."""

    mode: Dispatch


class SettleRequest(Record):
    """How far to work: for so many deliveries or to the end, through skipped time or not; `timeout_s` is real time."""

    deliveries: int | None = Field(default=None, ge=0)
    skip: bool = True
    timeout_s: float = Field(default=60.0, gt=0, allow_inf_nan=False)


class AdvanceRequest(Record):
    """By how many seconds to move the clock."""

    seconds: float = Field(gt=0, allow_inf_nan=False)


class MessageAttribute(Record):
    """A message attribute, with the value that its type has; a binary one in base64."""

    data_type: str
    value: str


class QueuedMessage(Record):
    """A message as it is in its queue. Times are the engine's.

    `received` counts its receives; `visible_at` is when it can be received next, and `source_arn` the queue that it
    came from where SQS moved it here.
    """

    id: str
    body: str
    state: Literal["visible", "in flight", "delayed"]
    sent_at: datetime
    first_received_at: datetime | None
    visible_at: datetime
    received: int
    attributes: dict[str, MessageAttribute]
    group_id: str | None
    source_arn: str | None


class MessagePage(Record):
    """Some messages of a queue in its order, of `total`; `next` is the cursor of those that follow, None at the end.

    `oldest` is when the oldest message of the whole queue was sent, and `now` the engine's time.
    """

    messages: tuple[QueuedMessage, ...]
    next: str | None
    total: int
    oldest: datetime | None
    now: datetime


class PageRequest(Record):
    """Which messages to show: so many at the most, after a cursor that a page gave."""

    MOST: ClassVar = 1000

    after: Annotated[str, StringConstraints(pattern=r"^\d{1,12}\..{1,200}$")] | None = None
    limit: int = Field(default=100, ge=1, le=MOST)


class QueueNow(Record):
    """A queue's numbers of messages now; `oldest` is when its oldest message was sent, None where it has none."""

    queue: str
    visible: int
    in_flight: int
    delayed: int
    oldest: datetime | None


class QueuesNow(Record):
    """All queues, by name, at the engine's time `now`."""

    queues: tuple[QueueNow, ...]
    now: datetime


class DepthChange(Record):
    """A queue's numbers of messages from a moment on, and how many were received and deleted in all until then."""

    number: int
    at: datetime
    queue: str
    visible: int
    in_flight: int
    delayed: int
    received: int
    deleted: int


class DepthHistory(Record):
    """Changes in their order; `next` is the `since` of those that follow, and `more` says that there are some.

    `lost` says that changes in between were forgotten, and `now` is the engine's time.
    """

    changes: tuple[DepthChange, ...]
    next: int
    more: bool
    lost: bool
    now: datetime


class HistoryRequest(Record):
    """Which changes to tell: so many at the most, after the one of this number."""

    since: int = Field(default=0, ge=0)
    limit: int = Field(default=10_000, ge=1, le=50_000)


class ReceiveRequest(Record):
    """The messages to receive, up to 10 as in SQS, and for how many seconds nobody else shall."""

    ids: tuple[MessageId, ...] = Field(min_length=1, max_length=10)
    visibility_timeout_s: int = Field(default=30, ge=0, le=43_200)


class ReceivedMessage(Record):
    """A message that was received by its id, and what it can be deleted or given back with."""

    message: QueuedMessage
    receipt_handle: str


class AlarmNow(Record):
    """A CloudWatch alarm's state, since when it has it, and why; `fired` counts how often it went to ALARM."""

    name: str
    description: str
    state: AlarmState
    reason: str
    since: datetime
    fired: int


class ModelCalls(Record):
    """What one model was asked and answered; `errors` counts the answers other than 200 among the `calls`."""

    model: str
    calls: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0


class ModelUse(Record):
    """Where replies come from, and what each model was asked since the engine started.

    `served` is the name of the model of the OpenAI-compatible API that answers whatever is asked.
    """

    answers: Answers
    served: str = ""
    models: tuple[ModelCalls, ...]


class ModelRequest(Record):
    """A request as it would be posted to `models/{model}:generateContent`."""

    model: str
    body: JsonValue


class StoredRequest(Record):
    """Requests, of each of which is asked whether its reply is stored."""

    requests: tuple[ModelRequest, ...] = Field(max_length=100)


class StoredAnswer(Record):
    """Whether a reply is stored, for each request."""

    stored: tuple[bool, ...]
