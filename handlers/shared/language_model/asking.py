"""Asking the model at most once for each question: the raw reply is stored before anyone parses it."""

import json
from dataclasses import asdict, replace

from shared.delivery import Delivery
from shared.language_model.port import FinishReason, LanguageModel, Prompt, Reply
from shared.models.project import TokenUsage
from shared.storage.objects import Objects


def ask(model: LanguageModel, prompt: Prompt, objects: Objects, key: str, delivery: Delivery) -> Reply:
    """The reply stored under `key`, or, where there is none, the model's, stored there first.

    Two workers that ask at once both get the reply that was stored first. Its tokens are added to the delivery's.
    """
    stored = objects.get(key)
    if stored is None:
        reply = model.generate(prompt, delivery.remaining)
        stored = objects.put_first(key, _encode(reply), "application/json")
    reply = _decode(stored)
    delivery.tokens += reply.tokens
    return reply


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
