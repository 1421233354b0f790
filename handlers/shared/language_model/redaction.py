"""Removes keys from what a model or its SDK returns, as an error may repeat the request that it refuses."""

import re
from dataclasses import replace
from typing import Final

from shared.language_model.key_forms import list_key_forms
from shared.language_model.port import ModelUnavailable, Reply
from shared.models.errors import AgentError

REDACTED: Final = "[REDACTED]"

_CREDENTIAL: Final = re.compile(r"AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]+|(?<=[Bb]earer )[0-9A-Za-z._~+/-]{16,}=*")
"""The patterns of Google's keys and access tokens, in case an error names another one than the one it was sent."""


class Redaction:
    """Removes one key from texts, in any escaped or encoded form."""

    def __init__(self, key: str) -> None:
        self._forms = list_key_forms(key)

    def redact(self, text: str) -> str:
        """Return the text without the key."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text

    def redact_reply(self, reply: Reply) -> Reply:
        """Return the reply without the key; other texts that look like keys stay, because code may contain examples."""
        return replace(reply, text=self.redact(reply.text), detail=self.redact(reply.detail))

    def redact_error(self, error: Exception) -> Exception:
        """Return an error of the port without the key, or a replacement if an SDK's own error would show the key.

        It has no cause, as that would be logged with it, and contains the unredacted answer.
        """
        if isinstance(error, AgentError):
            error.args = tuple(_CREDENTIAL.sub(REDACTED, self.redact(str(argument))) for argument in error.args)
            return error
        if any(form in _collect_text(error) for form in self._forms):
            return ModelUnavailable(f"the model's SDK failed: {type(error).__name__}")
        return error


def _collect_text(error: BaseException | None) -> str:
    """Return all text that a traceback shows of an error: its own, and its causes'."""
    texts: list[str] = []
    while error is not None and len(texts) < 20:
        texts += [str(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)
