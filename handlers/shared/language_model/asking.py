"""Asking the model at most once for each question: the raw reply is stored before anyone parses it."""

import json
from dataclasses import asdict, replace

from shared.language_model.port import FinishReason, LanguageModel, Prompt, Remaining, Reply
from shared.models.project import TokenUsage
from shared.storage.objects import Objects


def ask(model: LanguageModel, prompt: Prompt, objects: Objects, key: str, remaining: Remaining) -> Reply:
    """The reply stored under `key`, or, where there is none, the model's, stored there first.

    Two workers that ask at once both get the reply that was stored first.
    """
    stored = objects.get(key)
    if stored is None:
        reply = model.generate(prompt, remaining)
        stored = objects.put_first(key, _encode(reply), "application/json")
    return _decode(stored)


def _encode(reply: Reply) -> bytes:
    raw = asdict(replace(reply, tokens=TokenUsage())) | {"tokens": reply.tokens.model_dump()}
    return json.dumps(raw, ensure_ascii=False, indent=1).encode()


def _decode(stored: bytes) -> Reply:
    raw = json.loads(stored)
    return Reply(
        text=raw["text"],
        finish_reason=FinishReason(raw["finish_reason"]),
        tokens=TokenUsage.model_validate(raw["tokens"]),
        detail=raw["detail"],
    )
