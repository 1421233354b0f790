"""Which environment runs an invocation when all of a function's are busy, and environments started ahead of need."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 0.15
"""How long a busy environment is waited for before another is started: a worker that has sent the message which is
now delivered is about to return, and here, unlike on AWS, no network lies between the two."""


class Leased(Protocol):
    """An environment's place in a pool: at most one invocation holds it."""

    in_use: bool
    last_used: float

    @property
    def started(self) -> bool:
        """Whether its process runs."""
        ...

    @property
    def initialised(self) -> bool:
        """Whether its init has ended, well or badly."""
        ...

    def begin_init(self) -> None:
        """Start the environment in the background, if it is not running."""
        ...


W = TypeVar("W", bound=Leased)


def first_free(leased: W, pool: list[W], lock: threading.Lock) -> W:
    """Return `leased`, which is not initialised yet, or another of its pool: whichever can run an invocation first.

    Lambda does so too: an environment that becomes free is taken rather than one that is still being initialised,
    which then is there for the next. The one that is returned is in use; the other is free, or, if it was not even
    started, gone from the pool.
    """
    pause = threading.Event()
    patient_until = time.monotonic() + (PATIENCE_SECONDS if len(pool) > 1 else 0)
    while not (leased.started and leased.initialised):
        with lock:
            free = next((one for one in pool if not one.in_use and one.initialised), None)
            if free:
                _exchange(leased, free, pool)
                return free
        if time.monotonic() >= patient_until:
            leased.begin_init()
            if not leased.started:
                return leased  # its code cannot be unpacked: the invocation will say so
        pause.wait(LOOK_SECONDS)
    return leased


def _exchange(leased: W, free: W, pool: list[W]) -> None:
    free.in_use, leased.in_use = True, False
    free.last_used = time.time()
    if not leased.started:
        pool.remove(leased)


def start_ahead(starters: Iterable[Callable[[], None]]) -> threading.Thread:
    """Call each in a thread, one after the other, so that what runs already keeps a processor."""

    def start_all() -> None:
        for start in starters:
            start()

    thread = threading.Thread(target=start_all, daemon=True, name="start-ahead")
    thread.start()
    return thread
