"""The engine's clock: real time plus the time that was skipped."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from agenticai.emulator.core.bench_records import Jump

JUMPS_KEPT: Final = 1_000


class Clock:
    """The time of everything in this process; can be moved forward.

    Skipped time shows in every call of `time.time` and `datetime.now` in this process, including the engine's own. Code
    that waits for a moment registers with `on_jump`. Until the first jump nothing is patched.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jumping = threading.Lock()
        self._ahead_s = 0.0
        self._jumps: deque[Jump] = deque(maxlen=JUMPS_KEPT)
        self._shift: Callable[[float], None] | None = None
        self._stop: Callable[[], None] = lambda: None
        self._listeners: dict[object, Callable[[], object]] = {}

    @property
    def ahead_s(self) -> float:
        """The total number of seconds that were skipped."""
        return self._ahead_s

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """The latest jumps, the oldest first."""
        return tuple(self._jumps)

    def now(self) -> datetime:
        """Return the engine's time, with its time zone."""
        return datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Skip `seconds`, and notify everything that waits. Raises ValueError if they are not positive."""
        if seconds <= 0:
            raise ValueError(f"The clock only goes forward, so it cannot be advanced by {seconds:g} s.")
        with self._jumping:
            with self._lock:
                self._jumps.append(Jump(at=self.now(), seconds=seconds))
                self._travel(seconds)
                self._ahead_s += seconds
                listeners = tuple(self._listeners.values())
            for listener in listeners:
                listener()

    def _travel(self, seconds: float) -> None:
        if self._shift is None:
            import time_machine  # imported here: most engines never skip time

            now, started = time.time(), time.monotonic()
            travel = time_machine.travel(now + seconds, tick=True)
            self._shift, self._stop = travel.start().shift, travel.stop
            elapsed_s = time.monotonic() - started
            time.time()  # time_machine's clock starts to run with the first call
            self._shift(elapsed_s)  # catch up on the time it stood still, which is long on a busy machine
        else:
            self._shift(seconds)

    @contextlib.contextmanager
    def on_jump(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call `listener` after each jump during the block, from the thread that made the jump."""
        key = object()
        with self._lock:
            self._listeners[key] = listener
        try:
            yield
        finally:
            with self._lock:
                del self._listeners[key]

    async def sleep_until(self, moment: float) -> None:
        """Wait until a moment on this clock, in epoch seconds; a jump may have passed it already.

        After a jump it returns only when all listeners were notified, so that functions have the new time before any of
        their calls is answered.
        """
        loop, jumped = asyncio.get_running_loop(), asyncio.Event()
        with self.on_jump(lambda: loop.call_soon_threadsafe(jumped.set)):
            while (left_s := moment - time.time()) > 0:
                jumped.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(jumped.wait(), left_s)
        if self._jumping.locked():
            await asyncio.to_thread(self._await_landing)

    def _await_landing(self) -> None:
        with self._jumping:
            pass

    def close(self) -> None:
        """Restore real time in this process."""
        with self._lock:
            self._stop()
            self._shift, self._stop = None, lambda: None
