"""Keys taken out of what a model or its SDK says: an answer may echo the request that it refuses."""

import re
from dataclasses import replace
from typing import Final

from shared.language_model.key_forms import list_key_forms
from shared.language_model.port import ModelUnavailable, Reply
from shared.models.errors import AgentError

REDACTED: Final = "[REDACTED]"

_CREDENTIAL: Final = re.compile(r"AIza[0-9A-Za-z_-]{30,}|ya29\.[0-9A-Za-z_-]+|(?<=[Bb]earer )[0-9A-Za-z._~+/-]{16,}=*")
"""What Google's keys and access tokens look like, in case that an error names another than the one it was sent."""


class Redaction:
    """Takes one key out of texts, however it is escaped or encoded there."""

    def __init__(self, key: str) -> None:
        self._forms = list_key_forms(key)

    def of(self, text: str) -> str:
        """Return the text without the key."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text

    def of_reply(self, reply: Reply) -> Reply:
        """Return the reply without the key; what looks like another one stays, because code may hold examples."""
        return replace(reply, text=self.of(reply.text), detail=self.of(reply.detail))

    def of_error(self, error: Exception) -> Exception:
        """Return an error of the port without the key, or another one in its place where an SDK's own would show it.

        It has no cause: that would be logged with it, and holds the answer as it came.
        """
        if isinstance(error, AgentError):
            error.args = tuple(_CREDENTIAL.sub(REDACTED, self.of(str(argument))) for argument in error.args)
            return error
        if any(form in _collect_text(error) for form in self._forms):
            return ModelUnavailable(f"the model's SDK failed: {type(error).__name__}")
        return error


def _collect_text(error: BaseException | None) -> str:
    """Return all that a traceback would tell of an error: its own text, and those of its causes."""
    told: list[str] = []
    while error is not None and len(told) < 20:
        told += [str(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    return "\n".join(told)
