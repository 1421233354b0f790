"""How the depths of queues changed: exact if the target records it, else sampled at each look."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from agenticai.client.queues.model import AgentQueues, QueueState

if TYPE_CHECKING:
    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.bench_records import Jump

KEPT: Final = 50_000
"""The maximum number of points that are kept, of all queues together."""


@dataclass(frozen=True)
class DepthPoint:
    """A queue's message counts from `at` on; `received` and `deleted` are running totals, None if unknown."""

    at: datetime
    queue: str
    visible: int
    in_flight: int
    delayed: int
    received: int | None = None
    deleted: int | None = None

    @property
    def total(self) -> int:
        """The number of all messages in the queue."""
        return self.visible + self.in_flight + self.delayed


SAMPLES: Final = (
    "Samples taken by this page: this target keeps no history of its queues, and reports neither how many messages were"
    " received and deleted nor the age of the oldest."
)
GAPS: Final = "The engine dropped some changes before this page read them, so the chart has gaps."


@dataclass(frozen=True)
class DepthSeries:
    """Points in order, up to `now`; `jumps` are skipped time.

    `note` says what is not exact, and why; it is empty if no change is missing.
    """

    points: tuple[DepthPoint, ...]
    now: datetime
    note: str = ""
    jumps: "tuple[Jump, ...]" = ()


class EngineDepths:
    """The engine's own history; each look fetches only what is new. Thread-safe."""

    def __init__(self, control: "ControlClient", queues: Iterable[str]) -> None:
        self._control = control
        self._queues = frozenset(queues)
        self._lock = threading.Lock()
        self._points: deque[DepthPoint] = deque(maxlen=KEPT)
        self._cursor = 0
        self._is_complete = True

    def look(self) -> DepthSeries:
        """Fetch what is new, and return all points. Raises ControlError."""
        with self._lock:
            more = True
            while more:
                history = self._control.depths(self._cursor)
                self._is_complete = self._is_complete and not (history.lost and self._cursor)
                self._cursor, more = history.next, history.more
                self._points.extend(
                    DepthPoint(c.at, c.queue, c.visible, c.in_flight, c.delayed, c.received, c.deleted)
                    for c in history.changes
                    if c.queue in self._queues
                )
            note = "" if self._is_complete else GAPS
            return DepthSeries(tuple(self._points), history.now, note, self._control.clock().jumps)


class SampledDepths:
    """Depths sampled at each look, for a target that keeps no history."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: deque[DepthPoint] = deque(maxlen=KEPT)
        self._latest: dict[str, QueueState] = {}

    def look(self, states: Iterable[AgentQueues], now: datetime | None = None) -> DepthSeries:
        """Record what changed, and return all points."""
        now = now or datetime.now(UTC)
        with self._lock:
            for state in (one for pair in states for one in (pair.queue, pair.dead_letters)):
                latest = self._latest.get(state.name)
                if latest is None or latest.depth != state.depth:
                    self._latest[state.name] = state
                    depth = state.depth
                    self._points.append(DepthPoint(now, state.name, depth.visible, depth.in_flight, depth.delayed))
            return DepthSeries(tuple(self._points), now, SAMPLES)
