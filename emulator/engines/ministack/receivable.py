"""Which messages of a queue can be received, and in which order."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

# MiniStack's queues and messages are dictionaries.
EngineQueue = dict[str, Any]
EngineMessage = dict[str, Any]


def receivable(queue: Mapping[str, Any], now: float) -> Iterator[EngineMessage]:
    """Yield what is visible; of a FIFO queue group after group, the one first that waited longest.

    Of a group come the messages before the first that is in flight or delayed: none overtakes another. See
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html.
    """
    if not queue["is_fifo"]:
        return (message for message in queue["messages"] if message["visible_at"] <= now)
    groups: dict[str | None, list[EngineMessage]] = {}
    for message in queue["messages"]:
        groups.setdefault(message.get("group_id"), []).append(message)
    visible = [list(itertools.takewhile(lambda each: each["visible_at"] <= now, group)) for group in groups.values()]
    waiting: list[list[EngineMessage]] = sorted(filter(None, visible), key=_since)
    return itertools.chain.from_iterable(waiting)


def _since(group: list[EngineMessage]) -> float:
    return float(group[0]["visible_at"])
