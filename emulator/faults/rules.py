"""Fault rules: which call or delivery they match, and what happens to it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from agenticai.emulator.core.usage_records import Record


class Call(Record):
    """Which calls of functions a rule is for; what is left out fits every call.

    Names are shell patterns: `function: "*-dev-agent-*"`. The language model's service is `gemini`, its operation
    GenerateContent; a rule whose effect is a bad reply fits calls of the model only. Calls that fit are counted from 1,
    from the moment the rules were set; the rule is for the `nth`, and the `times` - 1 that fit after it.
    """

    on: Literal["call"] = "call"
    function: str = "*"
    service: str = "*"
    operation: str = "*"
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)


class Delivery(Record):
    """Which deliveries of messages to functions a rule is for, counted as calls are.

    `queue` is a shell pattern for the queue's name. A redelivery counts as a delivery of its own.
    """

    on: Literal["delivery"]
    queue: str = "*"
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)


class ModelReply(StrEnum):
    """The bad replies of a language model."""

    RATE_LIMITED = "rate limited"
    DAILY_QUOTA = "daily quota"
    UNAVAILABLE = "unavailable"
    INTERNAL_ERROR = "internal error"
    TRUNCATED = "truncated"
    SAFETY = "safety"
    BLOCKED_PROMPT = "blocked prompt"
    NO_CANDIDATES = "no candidates"
    EMPTY = "empty"
    MALFORMED = "malformed"
    DROPPED = "dropped"


class Error(Record):
    """The service refuses the call with this error code, without carrying it out."""

    do: Literal["error"]
    code: str
    status: int = Field(default=400, ge=400, le=599)
    message: str = "A fault rule caused this error."


class Latency(Record):
    """The call is made, and its answer is delayed by this many seconds on the engine's clock.

    A client of the language model with a shorter timeout has disconnected by then.
    """

    do: Literal["latency"]
    seconds: float = Field(gt=0)


class Hang(Record):
    """The call is made and never answered, so that the function runs into its timeout."""

    do: Literal["hang"]


class Kill(Record):
    """The function's process is killed: before the call is made, or after it is made and before its answer arrives."""

    do: Literal["kill"]
    side: Literal["before", "after"]


class DeliverAgain(Record):
    """Before the call is made, the current message is delivered again, and that delivery is processed completely."""

    do: Literal["deliver again"]


class Hold(Record):
    """The call is held back and `settle` returns, so other things can happen first; the next `settle` releases it."""

    do: Literal["hold"]


class BadReply(Record):
    """The language model gives a bad reply. `retry_after_s` applies to `rate limited` and `daily quota`."""

    do: Literal["reply"]
    reply: ModelReply
    retry_after_s: float = Field(default=7, ge=0)


class Duplicate(Record):
    """When the message has been processed and deleted, a copy with the same id is put in the queue."""

    do: Literal["duplicate"]


class Delay(Record):
    """The message is delayed by this many seconds on the engine's clock."""

    do: Literal["delay"]
    seconds: float = Field(gt=0)


class Reorder(Record):
    """The message moves behind all messages that are waiting in its queue."""

    do: Literal["reorder"]


CallEffect = Annotated[Error | Latency | Hang | Kill | DeliverAgain | Hold | BadReply, Field(discriminator="do")]
DeliveryEffect = Annotated[Duplicate | Delay | Reorder, Field(discriminator="do")]


class CallFault(Record):
    """A fault of a call."""

    when: Call
    then: CallEffect


class DeliveryFault(Record):
    """A fault of a delivery."""

    when: Delivery
    then: DeliveryEffect


def find_kind(fault: object) -> str:
    """Return the `on` of a rule, so that an error in a rule is reported once and not once per kind of rule."""
    when = fault.get("when") if isinstance(fault, dict) else getattr(fault, "when", None)
    return str(when.get("on", "call") if isinstance(when, dict) else getattr(when, "on", "call"))


def needs_steering(fault: CallFault | DeliveryFault) -> bool:
    """Return whether a rule needs an engine whose deliveries the bench controls."""
    return isinstance(fault, DeliveryFault) or isinstance(fault.then, (Hold, DeliverAgain))


Fault = Annotated[
    Annotated[CallFault, Tag("call")] | Annotated[DeliveryFault, Tag("delivery")], Discriminator(find_kind)
]


def rename(fault: Fault, functions: Mapping[str, str], queues: Mapping[str, str]) -> Fault:
    """Return a rule with its function or queue renamed; names that are not in the mappings stay."""
    if isinstance(fault, CallFault):
        function = functions.get(fault.when.function, fault.when.function)
        return fault.model_copy(update={"when": fault.when.model_copy(update={"function": function})})
    queue = queues.get(fault.when.queue, fault.when.queue)
    return fault.model_copy(update={"when": fault.when.model_copy(update={"queue": queue})})


class ActiveRule(Record):
    """An active rule, how many calls or deliveries matched it, and to how many of them it was applied.

    `rule` is its number, from 0 in the order in which rules were set and added; numbers are not reused until the rules
    are replaced.
    """

    rule: int
    fault: Fault
    met: int
    applied: int


class Fired(Record):
    """A fault that was applied: the number of its rule, from 0, and on what; `at` is engine time."""

    rule: int
    at: datetime
    function: str | None
    what: str


class RecordedCall(Record):
    """A call that a function made; calls are in the order in which they began.

    `number` counts this function's calls from 1, as `nth` in `Call(function=…, nth=number)`.
    """

    function: str
    number: int
    service: str
    operation: str
