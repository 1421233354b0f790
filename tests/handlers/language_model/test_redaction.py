"""The key is in nothing that the model returns: no reply, no error, no cause of an error."""

import traceback
from base64 import b64encode

import pytest

from shared.language_model.api_key import KeyedModel
from shared.language_model.port import (
    FinishReason,
    LanguageModel,
    ModelQuotaSpent,
    ModelUnavailable,
    ModelUnusable,
    Prompt,
    Remaining,
    Reply,
)
from shared.language_model.redaction import Redaction
from shared.models.errors import AgentError
from shared.models.project import TokenUsage

KEY = "AIzaSy/marked+key=0123456789-abcdefghij"
PROMPT = Prompt("system", "text")


class Echoing:
    """A model that returns or raises something."""

    def __init__(self, answer: Reply | Exception) -> None:
        self._answer = answer

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        if isinstance(self._answer, Exception):
            raise self._answer from RuntimeError(f"400: API key not valid: {KEY}")
        return self._answer


def asked(answer: Reply | Exception, key: str = KEY) -> Reply:
    def connect(_: str) -> LanguageModel:
        return Echoing(answer)

    return KeyedModel(lambda: key, connect).generate(PROMPT, lambda: 60.0)


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        "AIzaSy%2Fmarked%2Bkey%3D0123456789-abcdefghij",
        f'{{"key": "{KEY}"}}',
        f"?key={KEY}&alt=json",
        KEY.encode().hex(),
        b64encode(f"user:{KEY}".encode()).decode(),
    ],
)
def test_a_reply_is_without_it(echo: str) -> None:
    reply = asked(Reply(f"before {echo} after", FinishReason.STOP, TokenUsage(), echo))
    assert "[REDACTED]" in reply.text
    for part in ("marked", b"marked".hex(), b64encode(b"marked").decode()[:-1]):
        assert part not in reply.text + reply.detail
    assert (reply.text[:7], reply.text[-6:]) == ("before ", " after")


@pytest.mark.parametrize(
    "error",
    [
        ModelUnusable(f"the model refused the API key (API key not valid: {KEY})"),
        ModelUnavailable(f"no answer of https://host/?key={KEY}", after=7),
        ModelQuotaSpent(f"quota of {KEY}", after=8),
    ],
)
def test_an_error_is_without_it_and_else_as_it_was(error: AgentError) -> None:
    with pytest.raises(type(error)) as raised:
        asked(error)
    told = "".join(traceback.format_exception(raised.value))
    assert "[REDACTED]" in str(raised.value)
    assert "marked" not in told
    assert getattr(raised.value, "after", None) == getattr(error, "after", None)


def test_what_looks_like_another_key_of_googles_is_taken_out_of_an_error() -> None:
    with pytest.raises(ModelUnusable, match=r"not valid: \[REDACTED\]\.$"):
        asked(ModelUnusable("not valid: AIzaSyA1234567890abcdefghijklmnopqrstuv."))


def test_an_sdks_own_error_is_told_by_its_name_alone() -> None:
    with pytest.raises(ModelUnavailable, match=r"^the model's SDK failed: KeyError$") as raised:
        asked(KeyError(f"header {KEY}"))
    assert "marked" not in "".join(traceback.format_exception(raised.value))


class Silent(Exception):
    """An SDK's error whose text does not show its content."""

    def __str__(self) -> str:
        return "silent"


def after(error: Exception, *, cause: Exception | None = None, context: Exception | None = None) -> Exception:
    error.__cause__, error.__context__ = cause, context
    return error


@pytest.mark.parametrize(
    "error",
    [
        Silent(KEY),
        after(ValueError("outer"), cause=ValueError(KEY)),
        after(ValueError("outer"), context=after(ValueError("middle"), cause=Silent(KEY))),
    ],
)
def test_a_key_that_an_error_or_its_causes_hold_is_found(error: Exception) -> None:
    assert str(Redaction(KEY).redact_error(error)) == f"the model's SDK failed: {type(error).__name__}"


def nested(depth: int) -> Exception:
    """An error with so many causes, the last of which holds the key."""
    error: Exception = ValueError(KEY)
    for _ in range(depth):
        error = after(ValueError("outer"), cause=error)
    return error


def test_causes_are_followed_to_the_tenth_error_and_no_further() -> None:
    assert isinstance(Redaction(KEY).redact_error(nested(9)), ModelUnavailable)
    assert isinstance(Redaction(KEY).redact_error(nested(10)), ValueError)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (f"AIza{'x' * 30}", "[REDACTED]"),
        (f"AIza{'x' * 29}", f"AIza{'x' * 29}"),
        ("ya29.a-b_c.", "[REDACTED]."),
        (f"Bearer {'x' * 16}==", "Bearer [REDACTED]"),
        (f"bearer {'x' * 16}", "bearer [REDACTED]"),
        (f"Bearer {'x' * 15}", f"Bearer {'x' * 15}"),
    ],
)
def test_what_looks_like_a_credential_is_taken_out_of_an_error(told: str, shown: str) -> None:
    assert str(Redaction(KEY).redact_error(ModelUnusable(told))) == shown
    assert asked(Reply(told, FinishReason.STOP, TokenUsage())).text == told


def test_an_error_that_does_not_hold_the_key_stays() -> None:
    for error in (ValueError("harmless"), after(ValueError("harmless"), cause=ValueError("too"))):
        assert Redaction(KEY).redact_error(error) is error


def test_a_text_too_short_to_be_a_key_changes_nothing() -> None:
    assert asked(Reply("a key", FinishReason.STOP, TokenUsage()), key="key").text == "a key"
