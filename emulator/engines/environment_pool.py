"""Which environment runs an invocation when all of a function's are busy, and environments started ahead of need."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 0.15
"""How long a busy environment is waited for before another is started: a worker that has sent the message which is
now delivered is about to return, and here, unlike on AWS, no network lies between the two."""


MOST_INITIALISING = max(2, os.cpu_count() or 2)
"""Environments of one function that are initialised at the same time: more would only slow each other down, and a burst
is served sooner by the few that are ready than by one process for each invocation."""

_beginning = threading.Lock()


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
        if time.monotonic() >= patient_until and _begun(leased, pool) and not leased.started:
            return leased  # its code cannot be unpacked: the invocation will say so
        pause.wait(LOOK_SECONDS)
    return leased


def _begun(leased: W, pool: list[W]) -> bool:
    """Begin the environment's init, unless enough others are at it."""
    with _beginning:
        if not leased.started and sum(one.started and not one.initialised for one in list(pool)) >= MOST_INITIALISING:
            return False
        leased.begin_init()
        return True


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
