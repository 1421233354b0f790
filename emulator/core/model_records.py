"""The control API's records of the language model's calls, and of requests without a stored reply."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from agenticai.emulator.core.usage_records import Record

LONGEST_REPLY = 1_000_000
"""The maximum length of a reply in characters."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class ModelExchange(Record):
    """One call: the request's digest and text, and the answer with its HTTP status. `at` is the engine's time."""

    number: int
    at: datetime
    duration_ms: float
    model: str
    title: str
    digest: str
    system: str
    prompt: str
    status: int
    reply: str
    finish_reason: str
    prompt_tokens: int
    output_tokens: int


class ModelHistory(Record):
    """Calls in order; pass `next` as `since` to get the following ones; `lost` tells whether some were dropped."""

    calls: tuple[ModelExchange, ...]
    next: int
    lost: bool


class CallsRequest(Record):
    """Which calls to return: those after number `since`."""

    since: int = Field(default=0, ge=0)


class MissedReply(Record):
    """A request without a stored reply, and its diff to the nearest stored request; `at` is real time."""

    digest: str
    at: datetime
    model: str
    title: str
    system: str
    prompt: str
    response_schema: dict[str, Any] | None
    difference: str


class ReplyRequest(Record):
    """The reply to store for a request that had none; token counts that are left out are estimated."""

    digest: Digest
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REPLY)]
    prompt_tokens: int | None = Field(default=None, ge=0)
    output_tokens: int | None = Field(default=None, ge=0)


class StoredReply(Record):
    """The file in which a reply was stored."""

    path: str
