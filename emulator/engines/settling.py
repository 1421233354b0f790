"""Lets the engine work until nothing is left to do, optionally skipping waits."""

import time
from typing import Protocol

from agenticai.emulator.core.bench_records import Settled
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity

LOOK_SECONDS = 0.005


class Unsettled(Exception):
    """The engine was still busy after the timeout in real time."""


class Messages(Protocol):
    """The messages that wait to be delivered."""

    def deliver_one(self) -> bool:
        """Deliver a message or batch; return False if none is ready, or if messages are delivered automatically."""
        ...

    def can_deliver(self) -> bool:
        """Return whether a message can be delivered now."""
        ...

    def list_due_times(self) -> list[float]:
        """Return when further messages can be delivered, in epoch seconds."""
        ...

    def poll_now(self) -> None:
        """Check for messages to deliver, as the clock has jumped."""
        ...


def settle(
    messages: Messages, activity: Activity, clock: Clock, *, deliveries: int | None, skip: bool, timeout_s: float
) -> Settled:
    """Return when no message is left to deliver and no function runs, a fault holds a call, or `deliveries` are done.

    With `skip`, the clock jumps over waits in which nothing happens. Calls that a fault holds are released first.
    `timeout_s` is real time, after which it raises Unsettled.
    """
    activity.release()
    deadline, ahead_s, delivered = time.monotonic() + timeout_s, clock.ahead_s, 0
    while (left_s := deadline - time.monotonic()) > 0 and activity.await_rest(left_s):
        limit_reached = activity.idle and deliveries is not None and delivered >= deliveries
        quiet = activity.idle and not messages.can_deliver() and not messages.list_due_times()
        if activity.held or limit_reached or quiet:
            return Settled(quiet=quiet, held=activity.held, deliveries=delivered, skipped_s=clock.ahead_s - ahead_s)
        if activity.idle and messages.deliver_one():
            delivered += 1
        else:
            _wait(messages, activity, clock, skip=skip, at_most_s=left_s)
    raise Unsettled(f"The engine was still busy after {timeout_s:g} s: give it more time, or look at its log.")


def _wait(messages: Messages, activity: Activity, clock: Clock, *, skip: bool, at_most_s: float) -> None:
    """Wait until the next moment at which anything can happen, or jump there."""
    moments = activity.list_due_times() if activity.stuck else messages.list_due_times()
    gap_s = min(moments, default=0.0) - time.time()
    if gap_s <= LOOK_SECONDS or (activity.idle and messages.can_deliver()):
        activity.await_change(LOOK_SECONDS)
    elif skip:
        clock.advance(gap_s)
        messages.poll_now()
    else:
        activity.await_change(min(gap_s, at_most_s))
