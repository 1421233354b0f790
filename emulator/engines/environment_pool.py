"""Chooses an environment for an invocation when all are busy, and starts environments ahead of need."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

LOOK_SECONDS = 0.005
PATIENCE_SECONDS = 0.15
"""How long to wait for a busy environment before another is started: a worker that has sent the message that is being
delivered is about to return, as here, unlike on AWS, there is no network between sender and receiver."""


MOST_INITIALISING = max(2, os.cpu_count() or 2)
"""How many environments of a function initialise at the same time: more would slow each other down, and a few that are
ready process a burst sooner than a process for each invocation."""

_beginning = threading.Lock()


class EnvironmentSlot(Protocol):
    """An environment's slot in a pool; at most one invocation holds it."""

    in_use: bool
    last_used: float

    @property
    def started(self) -> bool:
        """Whether its process runs."""
        ...

    @property
    def initialised(self) -> bool:
        """Whether its init has ended, successfully or not."""
        ...

    def begin_init(self) -> None:
        """Start the environment in the background if it is not running."""
        ...


W = TypeVar("W", bound=EnvironmentSlot)


def find_first_free(leased: W, pool: list[W], lock: threading.Lock) -> W:
    """Return `leased`, which is not initialised yet, or another of its pool: whichever can run an invocation first.

    As in Lambda, an environment that becomes free is preferred to one that is still initialising, which then serves the
    next invocation. The returned environment is in use; the other one is free or, if it was not started, removed from
    the pool.
    """
    pause = threading.Event()
    patient_until = time.monotonic() + (PATIENCE_SECONDS if len(pool) > 1 else 0)
    while not (leased.started and leased.initialised):
        with lock:
            free = next((one for one in pool if not one.in_use and one.initialised), None)
            if free:
                _swap_lease(leased, free, pool)
                return free
        if time.monotonic() >= patient_until and _begin_init_if_allowed(leased, pool) and not leased.started:
            return leased  # its code cannot be unpacked: the invocation will report it
        pause.wait(LOOK_SECONDS)
    return leased


def _begin_init_if_allowed(leased: W, pool: list[W]) -> bool:
    """Begin the environment's init, unless enough others are initialising."""
    with _beginning:
        if not leased.started and sum(one.started and not one.initialised for one in list(pool)) >= MOST_INITIALISING:
            return False
        leased.begin_init()
        return True


def _swap_lease(leased: W, free: W, pool: list[W]) -> None:
    free.in_use, leased.in_use = True, False
    free.last_used = time.time()
    if not leased.started:
        pool.remove(leased)


def start_ahead(starters: Iterable[Callable[[], None]]) -> threading.Thread:
    """Call the starters in one thread, one after the other, so that running work keeps a CPU."""

    def start_all() -> None:
        for start in starters:
            start()

    thread = threading.Thread(target=start_all, daemon=True, name="start-ahead")
    thread.start()
    return thread
