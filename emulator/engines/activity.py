"""What runs at this moment, and which of it waits: for a moment on the clock, or to be let go."""

import contextlib
import threading
from collections.abc import Iterator


class Activity:
    """The batches that are worked on, the invocations that run, and the waits inside of them.

    An invocation is known by the session token of its environment, which runs one at a time.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._batches = 0
        self._invocations: set[str] = set()
        self._timeouts: dict[object, float] = {}
        self._waits: dict[object, tuple[str, float | None]] = {}
        self._held: set[threading.Event] = set()

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Inside the block a batch of messages is worked on."""
        with self._changed:
            self._batches += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._batches -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def invocation(self, token: str) -> Iterator[None]:
        """Inside the block a function runs; none of its waits outlasts it."""
        with self._changed:
            self._invocations.add(token)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._invocations.remove(token)
                self._waits = {key: wait for key, wait in self._waits.items() if wait[0] != token}
                self._changed.notify_all()

    @contextlib.contextmanager
    def timeout_at(self, moment: float) -> Iterator[None]:
        """Inside the block a function runs that is ended at this moment, in epoch seconds."""
        key = object()
        with self._changed:
            self._timeouts[key] = moment
        try:
            yield
        finally:
            with self._changed:
                del self._timeouts[key]

    @contextlib.contextmanager
    def waiting(self, token: str, until: float | None = None) -> Iterator[None]:
        """Inside the block an invocation only waits: until a moment in epoch seconds, or for something else."""
        key = object()
        with self._changed:
            self._waits[key] = token, until
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._waits.pop(key, None)
                self._changed.notify_all()

    def hold(self, token: str) -> None:
        """Have an invocation wait until `release` is called."""
        let_go = threading.Event()
        with self._changed:
            self._held.add(let_go)
            self._waits[let_go] = token, None
            self._changed.notify_all()
        let_go.wait()

    def release(self) -> None:
        """Let go what is held; from now on, and not only when it has gone on, it waits no more."""
        with self._changed:
            for let_go in self._held:
                self._waits.pop(let_go, None)
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
        return not self._batches and not self._invocations

    @property
    def stuck(self) -> bool:
        """Whether something is worked on, and all of it waits."""
        waiting = {token for token, _ in self._waits.values()}
        return bool(self._invocations) and self._invocations <= waiting and self._batches <= len(self._invocations)

    def due(self) -> list[float]:
        """When waits end and timeouts are reached, in epoch seconds."""
        with self._changed:
            return [*self._timeouts.values(), *(until for _, until in self._waits.values() if until is not None)]

    def await_rest(self, timeout_s: float) -> bool:
        """Wait until it is idle, stuck or held; False when that did not come in real time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.idle or self.stuck or self.held, timeout_s)

    def await_change(self, timeout_s: float) -> None:
        """Wait for anything to begin or end, for so many seconds of real time at most."""
        with self._changed:
            self._changed.wait(timeout_s)
