"""Keeps the latest calls of the language model with their texts, within a memory limit."""

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from agenticai.emulator.core.model_records import ModelExchange, ModelHistory
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.misses import find_title

CALLS_KEPT: Final = 2_000
CHARACTERS_KEPT: Final = 16 * 1024 * 1024


class Journal:
    """Keeps the latest calls; thread-safe."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._calls: deque[ModelExchange] = deque()
        self._characters = 0
        self._latest = 0

    def record(self, request: CanonicalRequest, answer: Response, seconds: float) -> ModelExchange:
        """Record and return a call that was just answered, after `seconds`."""
        reply_fields = _parse_answer(bytes(answer.body))
        with self._lock:
            call = ModelExchange(
                number=next(self._numbers),
                at=self._now(),
                duration_ms=round(seconds * 1000, 1),
                model=request.model,
                title=find_title(request),
                digest=request.compute_digest(),
                system=request.system,
                prompt="\n".join(content.text or json.dumps(content.parts) for content in request.contents),
                status=answer.status_code,
                **reply_fields,
            )
            self._calls.append(call)
            self._latest, self._characters = call.number, self._characters + _count_characters(call)
            while len(self._calls) > CALLS_KEPT or (self._characters > CHARACTERS_KEPT and len(self._calls) > 1):
                self._characters -= _count_characters(self._calls.popleft())
        return call

    def list_since(self, number: int) -> ModelHistory:
        """Return the calls after this number."""
        with self._lock:
            first = self._calls[0].number if self._calls else self._latest + 1
            calls = tuple(call for call in self._calls if call.number > number)
            return ModelHistory(calls=calls, next=self._latest, lost=number + 1 < first)


def _count_characters(call: ModelExchange) -> int:
    return len(call.system) + len(call.prompt) + len(call.reply)


def _parse_answer(body: bytes) -> dict[str, Any]:
    """Return the text or error message of an answer, with its finish reason and token counts.

    See https://ai.google.dev/api/generate-content.
    """
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    fields = document if isinstance(document, dict) else {}
    candidate = _get_first(fields.get("candidates"))
    parts = _as_mapping(candidate.get("content")).get("parts")
    texts = [str(part.get("text", "")) for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    usage = _as_mapping(fields.get("usageMetadata"))
    return {
        "reply": "".join(texts) or str(_as_mapping(fields.get("error")).get("message", "")),
        "finish_reason": str(candidate.get("finishReason", "")),
        "prompt_tokens": _as_number(usage.get("promptTokenCount")),
        "output_tokens": _as_number(usage.get("candidatesTokenCount")) + _as_number(usage.get("thoughtsTokenCount")),
    }


def _get_first(value: Any) -> dict[str, Any]:
    return _as_mapping(value[0]) if isinstance(value, list) and value else {}


def _as_mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _as_number(value: Any) -> int:
    return value if isinstance(value, int) else 0
