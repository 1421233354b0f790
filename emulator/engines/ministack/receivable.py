"""Finds the messages of a queue that can be received, in order."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

# MiniStack's queues and messages are dictionaries.
EngineQueue = dict[str, Any]
EngineMessage = dict[str, Any]


def list_receivable(queue: Mapping[str, Any], now: float) -> Iterator[EngineMessage]:
    """Yield the visible messages; those of a FIFO queue by group, the longest waiting group first.

    A group's messages end at the first that is in flight or delayed, so that none overtakes another. See
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html.
    """
    if not queue["is_fifo"]:
        return (message for message in queue["messages"] if message["visible_at"] <= now)
    groups: dict[str | None, list[EngineMessage]] = {}
    for message in queue["messages"]:
        groups.setdefault(message.get("group_id"), []).append(message)
    visible = [list(itertools.takewhile(lambda each: each["visible_at"] <= now, group)) for group in groups.values()]
    waiting: list[list[EngineMessage]] = sorted(filter(None, visible), key=_get_visible_at)
    return itertools.chain.from_iterable(waiting)


def _get_visible_at(group: list[EngineMessage]) -> float:
    return float(group[0]["visible_at"])
