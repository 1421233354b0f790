"""What runs at this moment, and which of it waits: for a moment on the clock, or to be let go."""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from enum import Enum, auto

Moments = dict[object, float | None]
"""Moments in epoch seconds, None where there is none, each under what it belongs to."""


class Kind(Enum):
    """What is counted."""

    BATCH = auto()
    INVOCATION = auto()


class Activity:
    """The batches that are worked on, the invocations that run, and the waits inside of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: Counter[Kind] = Counter()
        self._timeouts: Moments = {}
        self._waits: Moments = {}
        self._held: set[threading.Event] = set()

    @contextlib.contextmanager
    def running(self, kind: Kind) -> Iterator[None]:
        """Inside the block a batch of messages is worked on, or a function runs."""
        with self._changed:
            self._running[kind] += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running[kind] -= 1
                self._changed.notify_all()

    def timeout_at(self, moment: float) -> contextlib.AbstractContextManager[None]:
        """Inside the block a function runs that is ended at this moment, in epoch seconds."""
        return self._entered(self._timeouts, moment)

    def waiting(self, until: float | None = None) -> contextlib.AbstractContextManager[None]:
        """Inside the block an invocation only waits: until a moment in epoch seconds, or for something else."""
        return self._entered(self._waits, until)

    @contextlib.contextmanager
    def _entered(self, moments: Moments, moment: float | None) -> Iterator[None]:
        key = object()
        with self._changed:
            moments[key] = moment
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del moments[key]
                self._changed.notify_all()

    def hold(self) -> None:
        """Wait until `release` is called."""
        let_go = threading.Event()
        with self._changed:
            self._held.add(let_go)
            self._waits[let_go] = None
            self._changed.notify_all()
        let_go.wait()

    def release(self) -> None:
        """Let go what is held; from now on, and not only when it has gone on, it waits no more."""
        with self._changed:
            for let_go in self._held:
                del self._waits[let_go]
                let_go.set()
            self._held.clear()
            self._changed.notify_all()

    @property
    def held(self) -> bool:
        """Whether something is held."""
        return bool(self._held)

    @property
    def idle(self) -> bool:
        """Whether nothing is worked on."""
        return not self._running.total()

    @property
    def stuck(self) -> bool:
        """Whether something is worked on, and all of it waits."""
        invocations = self._running[Kind.INVOCATION]
        return 0 < invocations == len(self._waits) and self._running[Kind.BATCH] <= invocations

    def due(self) -> list[float]:
        """When waits end and timeouts are reached, in epoch seconds."""
        with self._changed:
            moments = [*self._timeouts.values(), *self._waits.values()]
        return [moment for moment in moments if moment is not None]

    def await_rest(self, timeout_s: float) -> bool:
        """Wait until it is idle, stuck or held; False when that did not come in real time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.idle or self.stuck or self.held, timeout_s)

    def await_change(self, timeout_s: float) -> None:
        """Wait for anything to begin or end, for so many seconds of real time at most."""
        with self._changed:
            self._changed.wait(timeout_s)
