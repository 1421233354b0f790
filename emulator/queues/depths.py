"""Records the depths of queues: every change, with the engine's time, in a bounded history."""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from agenticai.emulator.core.bench_records import DepthChange, DepthHistory

OFTEN_RECEIVED: Final = 3
"""A message that was received more often than this does not count for the age of the oldest message.

See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html.
"""

CHANGES_KEPT: Final = 50_000
"""Number of changes that are kept, of all queues together; the oldest are dropped."""

COUNTS: Final = ("visible", "in_flight", "delayed", "received", "deleted")

# MiniStack's messages are dictionaries.
SqsMessage = Mapping[str, Any]


@dataclass(frozen=True)
class QueueMoment:
    """A queue's visible messages from a moment on, and when the oldest was sent, if there is one; in epoch seconds.

    `oldest` ignores messages that were received more than three times, as CloudWatch's metric does.
    """

    at: float
    queue: str
    visible: int
    oldest: float | None


@dataclass
class _Known:
    """The last known state of a queue: its messages that are not visible, by id, and until when."""

    total: int = 0
    hidden: dict[str, tuple[float, bool]] = field(default_factory=dict)
    due: list[tuple[float, str]] = field(default_factory=list)
    received: int = 0
    deleted: int = 0
    oldest: float | None = None
    shown: tuple[int, ...] = (0, 0, 0, 0, 0)

    def count(self) -> tuple[int, int, int, int, int]:
        in_flight = sum(received for _, received in self.hidden.values())
        visible, delayed = self.total - len(self.hidden), len(self.hidden) - in_flight
        return visible, in_flight, delayed, self.received, self.deleted


class Depths:
    """Compares queues with their last known state whenever they may have changed, and records the changes.

    Messages also become visible without a request, when a timeout or delay ends; the next `record_changes` records this
    with the time at which it happened. Not thread-safe: the owner holds the queues' lock.
    """

    def __init__(self, clock: Callable[[], float] = time.time, kept: int = CHANGES_KEPT) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._changes_made = 0
        self._changes: deque[tuple[float, str, tuple[int, ...], float | None]] = deque(maxlen=kept)
        self._marked: dict[str, tuple[int, int]] = {}
        """The number of messages received and deleted since the last `record_changes`, of each queue that has to be
        checked."""

    def mark_changed(self, queue: str, *, received: int = 0, deleted: int = 0) -> None:
        """Record that messages of a queue changed, and how many were received or deleted; additions need no call."""
        counts = self._marked.get(queue, (0, 0))
        self._marked[queue] = counts[0] + received, counts[1] + deleted

    def record_changes(self, queues: Iterable[tuple[str, Sequence[SqsMessage]]]) -> None:
        """Record what changed since the last call; `queues` are all queues, each with its name and messages."""
        now, present = self._clock(), set()
        for name, messages in queues:
            present.add(name)
            known = self._known.setdefault(name, _Known())
            is_due = known.due and known.due[0][0] <= now
            if is_due or len(messages) != known.total or name in self._marked:
                self._update(name, known, messages, now)
        self._marked.clear()
        if len(present) < len(self._known):
            for gone in self._known.keys() - present:
                known = self._known.pop(gone)
                known.total, known.hidden, known.oldest = 0, {}, None
                self._record_change(gone, known, now)

    def _update(self, name: str, known: _Known, messages: Sequence[SqsMessage], now: float) -> None:
        self._pass_time(name, known, now)
        added = len(messages) - known.total
        received, deleted = self._marked.get(name, (0, 0))
        known.received += received
        known.deleted += deleted
        if name in self._marked or added < 0:
            known.hidden.clear()
            known.due.clear()
            self._hide(known, messages, now)
        elif added:
            self._hide(known, messages[-added:], now)
        known.total = len(messages)
        known.oldest = _find_oldest(messages)
        self._record_change(name, known, now)

    def count_messages(self) -> dict[str, tuple[int, int, int]]:
        """Return how many messages of each queue were visible, in flight and delayed at the last `record_changes`."""
        return {name: known.count()[:3] for name, known in self._known.items()}

    def list_changes(self, since: int = 0, limit: int = CHANGES_KEPT) -> DepthHistory:
        """Return the changes after number `since`, the oldest first."""
        first = self._changes_made - len(self._changes) + 1
        start = max(0, since + 1 - first)
        changes = tuple(
            DepthChange(
                number=first + start + index, at=_convert_time(at), queue=name, **dict(zip(COUNTS, counts, strict=True))
            )
            for index, (at, name, counts, _) in enumerate(itertools.islice(self._changes, start, start + limit))
        )
        last = changes[-1].number if changes else max(since, first - 1)
        lost, now = since + 1 < first, _convert_time(self._clock())
        return DepthHistory(changes=changes, next=last, more=last < self._changes_made, lost=lost, now=now)

    def list_moments(self, since: int = 0) -> tuple[list[QueueMoment], int]:
        """Return the changes after number `since`, the oldest first, and the number of the last one."""
        start = max(0, since - self._changes_made + len(self._changes))
        changes = itertools.islice(self._changes, start, None)
        return [QueueMoment(at, name, counts[0], oldest) for at, name, counts, oldest in changes], self._changes_made

    def _hide(self, known: _Known, messages: Iterable[SqsMessage], now: float) -> None:
        for message in messages:
            if (until := message.get("visible_at", 0)) > now:
                known.hidden[message["id"]] = until, message.get("receive_count", 0) > 0
                heapq.heappush(known.due, (until, message["id"]))

    def _pass_time(self, name: str, known: _Known, now: float) -> None:
        while known.due and known.due[0][0] <= now:
            until, message_id = heapq.heappop(known.due)
            if known.hidden.get(message_id, (None,))[0] == until:
                del known.hidden[message_id]
                if not known.due or known.due[0][0] != until:
                    self._record_change(name, known, until)

    def _record_change(self, name: str, known: _Known, at: float) -> None:
        counts = known.count()
        if counts != known.shown:
            known.shown = counts
            self._changes.append((at, name, counts, known.oldest))
            self._changes_made += 1


class WatchedLock:
    """A reentrant lock that calls `on_release` just before its holder finally releases it."""

    def __init__(self, on_release: Callable[[], None]) -> None:
        self._lock = threading.RLock()
        self._on_release = on_release
        self._nesting = 0

    def __enter__(self) -> "WatchedLock":
        self._lock.acquire()
        self._nesting += 1
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._nesting == 1:
                self._on_release()
        finally:
            self._nesting -= 1
            self._lock.release()


def _find_oldest(messages: Iterable[SqsMessage]) -> float | None:
    """Return when the oldest message was sent, ignoring those received often; `messages` are in sending order."""
    times = (message.get("sent_at") for message in messages if message.get("receive_count", 0) <= OFTEN_RECEIVED)
    return next(times, None)


def _convert_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
