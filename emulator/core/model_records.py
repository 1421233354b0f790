"""What the control API tells of the language model's calls, and of requests that had no stored reply."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from agenticai.emulator.core.usage_records import Record

LONGEST_REPLY = 1_000_000
"""Characters."""

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
    """Calls in their order; `next` is the `since` of those that follow, and `lost` says that earlier ones are gone."""

    calls: tuple[ModelExchange, ...]
    next: int
    lost: bool


class CallsRequest(Record):
    """Which calls to tell: those after the one of this number."""

    since: int = Field(default=0, ge=0)


class MissedReply(Record):
    """A request without a stored reply, and how it differs from the nearest stored one; `at` is the machine's time."""

    digest: str
    at: datetime
    model: str
    title: str
    system: str
    prompt: str
    response_schema: dict[str, Any] | None
    difference: str


class ReplyRequest(Record):
    """The reply to store for a request that had none; without tokens their number is estimated."""

    digest: Digest
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REPLY)]
    prompt_tokens: int | None = Field(default=None, ge=0)
    output_tokens: int | None = Field(default=None, ge=0)


class StoredReply(Record):
    """The file that a reply was stored in."""

    path: str
