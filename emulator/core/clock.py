"""The engine's clock: real time, and what was skipped of it."""

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
    """Tells the time to all that runs in this process, and can be moved forward.

    What is skipped is seen by every call of `time.time` and `datetime.now` here, the engine's own included; whoever
    waits for a moment asks to be told of a jump. Until the first jump nothing is changed in the process.
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
        """How many seconds were skipped in all."""
        return self._ahead_s

    @property
    def jumps(self) -> tuple[Jump, ...]:
        """The latest jumps, the oldest first."""
        return tuple(self._jumps)

    def now(self) -> datetime:
        """Return the engine's time, with its zone."""
        return datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Skip so many seconds, and tell whoever waits. Raises ValueError when they are not positive."""
        if seconds <= 0:
            raise ValueError(f"The clock only goes forward, so it cannot be advanced by {seconds:g} s.")
        with self._jumping:
            with self._lock:
                self._jumps.append(Jump(at=self.now(), seconds=seconds))
                self._travel(seconds)
                self._ahead_s += seconds
                listeners = tuple(self._listeners.values())
            for jumped in listeners:
                jumped()

    def _travel(self, seconds: float) -> None:
        if self._shift is None:
            import time_machine  # only now: most engines never skip

            now, asked = time.time(), time.monotonic()
            travel = time_machine.travel(now + seconds, tick=True)
            self._shift, self._stop = travel.start().shift, travel.stop
            passed = time.monotonic() - asked
            time.time()  # a traveller's time goes on from the first question for it
            self._shift(passed)  # and stood still until then: long, on a busy machine
        else:
            self._shift(seconds)

    @contextlib.contextmanager
    def on_jump(self, jumped: Callable[[], object]) -> Iterator[None]:
        """Call `jumped` after each jump inside the block, from the thread that made it."""
        key = object()
        with self._lock:
            self._listeners[key] = jumped
        try:
            yield
        finally:
            with self._lock:
                del self._listeners[key]

    async def sleep_until(self, moment: float) -> None:
        """Wait for a moment in epoch seconds on this clock, which may have been jumped over before this is called.

        It has come when all who listen know of the jump to it, so that no function is answered before it is there, too.
        """
        loop, jumped = asyncio.get_running_loop(), asyncio.Event()
        with self.on_jump(lambda: loop.call_soon_threadsafe(jumped.set)):
            while (left := moment - time.time()) > 0:
                jumped.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(jumped.wait(), left)
        if self._jumping.locked():
            await asyncio.to_thread(self._await_landing)

    def _await_landing(self) -> None:
        with self._jumping:
            pass

    def close(self) -> None:
        """Show real time again to this process."""
        with self._lock:
            self._stop()
            self._shift, self._stop = None, lambda: None
