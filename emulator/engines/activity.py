"""Tracks what runs now, and what of it waits: for a moment on the clock, or to be released."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager


class Activity:
    """The batches that are being processed, the running invocations, and their waits.

    An invocation is identified by the session token of its environment, which runs one at a time.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._batches: set[object] = set()
        self._invocations: set[str] = set()
        self._timeouts: dict[object, float] = {}
        self._waits: dict[object, tuple[str, float | None]] = {}
        self._held: set[threading.Event] = set()

    def batch(self) -> AbstractContextManager[None]:
        """Count a batch of messages as being processed during the block."""
        batch = object()
        return self._during(lambda: self._batches.add(batch), lambda: self._batches.remove(batch))

    def invocation(self, token: str) -> AbstractContextManager[None]:
        """Count a function as running during the block; its waits end with it."""

        def end() -> None:
            self._invocations.remove(token)
            self._waits = {key: wait for key, wait in self._waits.items() if wait[0] != token}

        return self._during(lambda: self._invocations.add(token), end)

    def timeout_at(self, moment: float) -> AbstractContextManager[None]:
        """Register a function's timeout during the block, in epoch seconds."""
        key = object()
        return self._during(lambda: self._timeouts.update({key: moment}), lambda: self._timeouts.pop(key))

    def waiting(self, token: str, until: float | None = None) -> AbstractContextManager[None]:
        """Mark an invocation as waiting during the block: until a moment in epoch seconds, or for something else."""
        key = object()
        return self._during(lambda: self._waits.update({key: (token, until)}), lambda: self._waits.pop(key, None))

    def hold(self, token: str) -> None:
        """Block an invocation until `release` is called."""
        released = threading.Event()
        with self._change():
            self._held.add(released)
            self._waits[released] = token, None
        released.wait()

    def release(self) -> None:
        """Release what is held; it counts as running from now on, not only after its thread has resumed."""
        with self._change():
            for released in self._held:
                self._waits.pop(released, None)
                released.set()
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
        """Hold the lock during the block, then notify everybody who waits for a change."""
        with self._changed:
            yield
            self._changed.notify_all()

    @property
    def held(self) -> bool:
        """Whether something is held."""
        return bool(self._held)

    @property
    def idle(self) -> bool:
        """Whether nothing is being processed."""
        return not self._batches and not self._invocations

    @property
    def stuck(self) -> bool:
        """Whether something is being processed, and all of it waits."""
        waiting = {token for token, _ in self._waits.values()}
        return bool(self._invocations) and self._invocations <= waiting and len(self._batches) <= len(self._invocations)

    def list_due_times(self) -> list[float]:
        """Return when waits end and timeouts are reached, in epoch seconds."""
        with self._changed:
            return [*self._timeouts.values(), *(until for _, until in self._waits.values() if until is not None)]

    def await_rest(self, timeout_s: float) -> bool:
        """Wait until it is idle, stuck or held; return False after `timeout_s` of real time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.idle or self.stuck or self.held, timeout_s)

    def await_change(self, timeout_s: float) -> None:
        """Wait until anything begins or ends, at most `timeout_s` of real time."""
        with self._changed:
            self._changed.wait(timeout_s)
