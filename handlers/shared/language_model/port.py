"""The port to a language model: the prompt, the reply, and the errors if there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from shared.models.errors import Deferrable, Retryable, Terminal
from shared.models.project import TokenUsage

Remaining = Callable[[], float]
"""The seconds left before the function times out."""

RESERVE_SECONDS: Final = 15.0
"""Time reserved for storing the model's reply."""

MAX_CALL_SECONDS: Final = 300.0
"""The longest time for one attempt, so that a call that hangs leaves time for another."""


class FinishReason(StrEnum):
    """Why the model stopped writing."""

    STOP = "STOP"
    MAX_TOKENS = "MAX_TOKENS"
    BLOCKED = "BLOCKED"
    OTHER = "OTHER"


@dataclass(frozen=True)
class Prompt:
    """A prompt; with a JSON schema, the reply has to be JSON of that schema."""

    system: str
    text: str
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reply:
    """The model's reply. `detail` is the model's own finish reason if it is not a plain stop."""

    text: str
    finish_reason: FinishReason
    tokens: TokenUsage
    detail: str = ""


@dataclass
class Delivery:
    """One delivery of a message: the seconds left, and the tokens of all replies read, including stored ones."""

    remaining: Remaining
    tokens: TokenUsage = field(default_factory=TokenUsage)


class LanguageModel(Protocol):
    """A language model.

    Raises `ModelUnavailable`, `ModelQuotaSpent` or `ModelUnusable`, which tell the worker contract what to do.
    """

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        """Return the model's reply, within the `remaining` seconds minus `RESERVE_SECONDS`."""
        ...


class ModelUnavailable(Retryable):
    """Throttled, overloaded, timed out or interrupted: the same prompt may work later."""


class ModelQuotaSpent(Deferrable):
    """The daily quota is used up."""


class ModelUnusable(Terminal):
    """The key, the model's name or the request is wrong: a person must act."""


def get_call_seconds(remaining: Remaining) -> float:
    """Return the seconds that one attempt may take now. Raises `ModelUnavailable` if there are none."""
    seconds = min(remaining() - RESERVE_SECONDS, MAX_CALL_SECONDS)
    if seconds <= 0:
        raise ModelUnavailable("no time is left to ask the model")
    return seconds
