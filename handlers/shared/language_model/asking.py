"""Asking the model at most once for each question: the raw reply is stored before anyone parses it."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, TypeVar

from pydantic import TypeAdapter

from shared.language_model.port import Delivery, LanguageModel, Prompt, Reply
from shared.storage.objects import Objects

A = TypeVar("A")

TURNS: Final = 2
"""The first reply, and one with its faults pointed out."""


def ask(model: LanguageModel, prompt: Prompt, objects: Objects, key: str, delivery: Delivery) -> Reply:
    """Return the reply stored under `key`, or, where there is none, the model's, stored there first.

    Two workers that ask at once both get the reply that was stored first. Its tokens are added to the delivery's.
    """
    stored = objects.get(key)
    if stored is None:
        reply = model.generate(prompt, delivery.remaining)
        stored = objects.put_first(key, _replies().dump_json(reply, indent=1), "application/json")
    reply = _replies().validate_json(stored)
    delivery.tokens += reply.tokens
    return reply


class NoUsableReply(Exception):
    """None of the model's replies can be used; `reasons` say what is wrong with the last."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def ask_twice(
    prompt: Prompt,
    reply_to: Callable[[Prompt, int], Reply],
    read: Callable[[Reply], tuple[A | None, list[str]]],
    correct: Callable[[Prompt, Reply, list[str]], Prompt],
) -> A:
    """Return the answer in the reply to a prompt, asked once more with the faults of the first reply pointed out.

    `reply_to` takes the number of the turn, from 1. `read` returns the answer and what is wrong with it, and `correct`
    makes the second prompt of that. Raises `NoUsableReply`.
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
def _replies() -> TypeAdapter[Reply]:
    return TypeAdapter(Reply)
