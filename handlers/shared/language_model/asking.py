"""Asks the model each question at most once: the raw reply is stored before it is parsed."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, TypeVar

from pydantic import TypeAdapter

from shared.language_model.port import Delivery, LanguageModel, Prompt, Reply
from shared.storage.objects import Objects

A = TypeVar("A")

TURNS: Final = 2
"""The first reply, and one after its faults are pointed out."""


def ask(model: LanguageModel, prompt: Prompt, objects: Objects, key: str, delivery: Delivery) -> Reply:
    """Return the reply stored under `key`; if there is none, ask the model and store its reply first.

    If two workers ask concurrently, both get the reply that was stored first. Its tokens are added to the delivery's.
    """
    stored = objects.get(key)
    if stored is None:
        reply = model.generate(prompt, delivery.remaining)
        stored = objects.put_first(key, _get_reply_adapter().dump_json(reply, indent=1), "application/json")
    reply = _get_reply_adapter().validate_json(stored)
    delivery.tokens += reply.tokens
    return reply


class NoUsableReply(Exception):
    """None of the model's replies is usable; `reasons` say what is wrong with the last."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def ask_twice(
    prompt: Prompt,
    reply_to: Callable[[Prompt, int], Reply],
    read: Callable[[Reply], tuple[A | None, list[str]]],
    correct: Callable[[Prompt, Reply, list[str]], Prompt],
) -> A:
    """Return the answer in the reply to a prompt; after a faulty reply, ask once more with its faults pointed out.

    `reply_to` gets the prompt and the number of the turn, from 1. `read` returns the answer and its faults, from which
    `correct` makes the second prompt. Raises `NoUsableReply`.
    """
    reasons: list[str] = []
    for turn in range(1, TURNS + 1):
        reply = reply_to(prompt, turn)
        answer, reasons = read(reply)
        if answer is not None and not reasons:
            return answer
        prompt = correct(prompt, reply, reasons)
    raise NoUsableReply(reasons)


@cache
def _get_reply_adapter() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)
