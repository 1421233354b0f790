"""What runs at this moment, and which of it waits: for a moment on the clock, or to be let go."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager


class Activity:
    """The batches that are worked on, the invocations that run, and the waits inside of them.

    An invocation is known by the session token of its environment, which runs one at a time.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._batches: set[object] = set()
        self._invocations: set[str] = set()
        self._timeouts: dict[object, float] = {}
        self._waits: dict[object, tuple[str, float | None]] = {}
        self._held: set[threading.Event] = set()

    def batch(self) -> AbstractContextManager[None]:
        """Count a batch of messages as worked on inside the block."""
        batch = object()
        return self._during(lambda: self._batches.add(batch), lambda: self._batches.remove(batch))

    def invocation(self, token: str) -> AbstractContextManager[None]:
        """Count a function as running inside the block; none of its waits outlasts it."""

        def end() -> None:
            self._invocations.remove(token)
            self._waits = {key: wait for key, wait in self._waits.items() if wait[0] != token}

        return self._during(lambda: self._invocations.add(token), end)

    def timeout_at(self, moment: float) -> AbstractContextManager[None]:
        """Note inside the block that a function runs that is ended at this moment, in epoch seconds."""
        key = object()
        return self._during(lambda: self._timeouts.update({key: moment}), lambda: self._timeouts.pop(key))

    def waiting(self, token: str, until: float | None = None) -> AbstractContextManager[None]:
        """Note in the block that an invocation only waits: until a moment in epoch seconds, or for something else."""
        key = object()
        return self._during(lambda: self._waits.update({key: (token, until)}), lambda: self._waits.pop(key, None))

    def hold(self, token: str) -> None:
        """Have an invocation wait until `release` is called."""
        let_go = threading.Event()
        with self._change():
            self._held.add(let_go)
            self._waits[let_go] = token, None
        let_go.wait()

    def release(self) -> None:
        """Let go what is held; from now on, and not only when it has gone on, it waits no more."""
        with self._change():
            for let_go in self._held:
                self._waits.pop(let_go, None)
                let_go.set()
            self._held.clear()

    @contextlib.contextmanager
    def _during(self, begin: Callable[[], object], end: Callable[[], object]) -> Iterator[None]:
        with self._change():
            begin()
        try:
            yield
        finally:
            with self._change():
                end()

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        """Inside the block nobody else looks, and after it everybody who waits for a change looks again."""
        with self._changed:
            yield
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
        return bool(self._invocations) and self._invocations <= waiting and len(self._batches) <= len(self._invocations)

    def due(self) -> list[float]:
        """Return when waits end and timeouts are reached, in epoch seconds."""
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
