"""The control API's records of the clock, of dispatching, of messages in queues, of alarms, and of the model."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints

from agenticai.emulator.core.usage_records import Record

Dispatch = Literal["free", "stepped"]
"""How messages are delivered: at any time and concurrently, or one by one and only during `settle`."""


Answers = Literal["stored", "nearest", "live", "compatible"]
"""Where the model's replies come from: stored replies that match, the nearest stored replies, the Gemini API, or a
server of the OpenAI-compatible API."""

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
"""Whether a CloudWatch alarm's metric is within its threshold, breaches it, or has too little data to tell."""

MessageId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Jump(Record):
    """A jump of the clock: the engine's time before it, and the number of seconds skipped."""

    at: datetime
    seconds: float


class ClockReading(Record):
    """The engine's time, the total of skipped seconds, and the latest 1,000 jumps, the oldest first."""

    now: datetime
    ahead_s: float
    jumps: tuple[Jump, ...] = ()


class Settled(Record):
    """Why `settle` returned: nothing is left to do, a fault holds a call, or enough deliveries were processed.

    `skipped_s` is how far the clock was advanced meanwhile.
    """

    quiet: bool
    held: bool
    deliveries: int
    skipped_s: float


class StartAheadRequest(Record):
    """The functions whose environments to start ahead of the first invocation, in this order."""

    functions: tuple[str, ...]


class DispatchRequest(Record):
    """How to deliver messages from now on."""

    mode: Dispatch


class SettleRequest(Record):
    """How many deliveries to process, or None for all, and whether to skip waits; `timeout_s` is real time."""

    deliveries: int | None = Field(default=None, ge=0)
    skip: bool = True
    timeout_s: float = Field(default=60.0, gt=0, allow_inf_nan=False)


class AdvanceRequest(Record):
    """By how many seconds to advance the clock."""

    seconds: float = Field(gt=0, allow_inf_nan=False)


class MessageAttribute(Record):
    """A message attribute with its value; binary values are in Base64."""

    data_type: str
    value: str


class QueuedMessage(Record):
    """A message in its queue. Times are the engine's.

    `received` is its receive count; `visible_at` is when it can be received next; `source_arn` is the queue that it
    came from, if SQS moved it here.
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
    """A page of a queue's `total` messages, in order; `next` is the cursor of the next page, None at the end.

    `oldest` is when the oldest message of the whole queue was sent, and `now` the engine's time.
    """

    messages: tuple[QueuedMessage, ...]
    next: str | None
    total: int
    oldest: datetime | None
    now: datetime


class PageRequest(Record):
    """Which messages to return: at most `limit`, after the cursor of an earlier page."""

    MOST: ClassVar = 1000

    after: Annotated[str, StringConstraints(pattern=r"^\d{1,12}\..{1,200}$")] | None = None
    limit: int = Field(default=100, ge=1, le=MOST)


class QueueNow(Record):
    """A queue's present numbers of messages; `oldest` is when its oldest message was sent, None if there is none."""

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
    """A queue's numbers of messages from a moment on, and the totals received and deleted until then."""

    number: int
    at: datetime
    queue: str
    visible: int
    in_flight: int
    delayed: int
    received: int
    deleted: int


class DepthHistory(Record):
    """Changes in order; pass `next` as `since` to get the following ones; `more` tells whether there are any.

    `lost` tells whether changes after `since` were dropped, and `now` is the engine's time.
    """

    changes: tuple[DepthChange, ...]
    next: int
    more: bool
    lost: bool
    now: datetime


class HistoryRequest(Record):
    """Which changes to return: at most `limit`, after number `since`."""

    since: int = Field(default=0, ge=0)
    limit: int = Field(default=10_000, ge=1, le=50_000)


class ReceiveRequest(Record):
    """The messages to receive, up to 10 as in SQS, and their visibility timeout in seconds."""

    ids: tuple[MessageId, ...] = Field(min_length=1, max_length=10)
    visibility_timeout_s: int = Field(default=30, ge=0, le=43_200)


class ReceivedMessage(Record):
    """A message received by its id, and the receipt handle for deleting it or changing its visibility."""

    message: QueuedMessage
    receipt_handle: str


class AlarmNow(Record):
    """A CloudWatch alarm's state, since when and why; `fired` counts its changes to ALARM."""

    name: str
    description: str
    state: AlarmState
    reason: str
    since: datetime
    fired: int


class ModelCalls(Record):
    """The calls and tokens of one model; `errors` counts the `calls` answered with a status other than 200."""

    model: str
    calls: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0


class ModelUse(Record):
    """Where replies come from, and the use of each model since the engine started.

    `served` is the name of the OpenAI-compatible server's model, which answers all requests.
    """

    answers: Answers
    served: str = ""
    models: tuple[ModelCalls, ...]


class ModelRequest(Record):
    """A request as posted to `models/{model}:generateContent`."""

    model: str
    body: JsonValue


class StoredRequest(Record):
    """Requests to check for a stored reply."""

    requests: tuple[ModelRequest, ...] = Field(max_length=100)


class StoredAnswer(Record):
    """For each request, whether its reply is stored."""

    stored: tuple[bool, ...]
