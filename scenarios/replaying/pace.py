"""How a scenario is driven: message by message on an engine with a control API, elsewhere in real time."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from agenticai.client.queues.model import Depth
from agenticai.emulator.core.bench_records import Settled
from agenticai.emulator.core.usage_records import FinishedInvocation, Usage
from agenticai.emulator.faults.rules import Fault, Fired, RecordedCall
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import StepFailed
from agenticai.scenarios.format.script import Settling
from agenticai.stack.target import Capability
from agenticai.stack.waiting import Pause, pause

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from agenticai.emulator.client import ControlClient

SETTLE_SECONDS: Final = 300.0
"""Real time after which an engine that has not settled is considered stuck."""

ARRIVAL_SECONDS: Final = 1800.0
"""Real time after which a stack whose queues are not empty is considered stuck."""

POLL_SECONDS: Final = 0.5
CALM_LOOKS: Final = 2
"""The number of times that all queues must be empty: they are read one after the other, so a message that moves in the
meantime may be missed once, but not twice.
"""


@dataclass(frozen=True)
class Observed:
    """What a control API recorded since the faults were set."""

    fired: tuple[Fired, ...] = ()
    calls: tuple[RecordedCall, ...] = ()
    invocations: tuple[FinishedInvocation, ...] = ()


class Pace(Protocol):
    """Drives a stack. Every method raises `StepFailed`, `ControlError`, or botocore's errors."""

    def begin(self, faults: Sequence[Fault]) -> None:
        """Set the faults, and hold the messages in the queues from now on, if the target can."""

    def settle(self, settling: Settling) -> Settled:
        """Deliver messages until nothing is left to do, or as far as `settling` says."""

    def next(self) -> Settled:
        """Let one more thing happen; the result is `quiet` if nothing is left to do."""

    def advance(self, seconds: float) -> None:
        """Advance the clock."""

    def usage(self, project_id: str) -> Usage:
        """Return what a project used."""

    def end(self) -> Observed:
        """Remove the faults, and return what was recorded."""

    def release(self) -> None:
        """Resume automatic delivery of messages."""


class SteppedPace:
    """Makes an engine deliver one message at a time, so that a scenario takes the same course each time."""

    def __init__(self, control: "ControlClient") -> None:
        self._control = control

    def begin(self, faults: Sequence[Fault]) -> None:
        self._control.dispatch("stepped")
        self._control.faults(faults)

    def settle(self, settling: Settling) -> Settled:
        return self._control.settle(deliveries=settling.deliveries, skip=settling.skip, timeout_s=SETTLE_SECONDS)

    def next(self) -> Settled:
        return self._control.settle(deliveries=1, timeout_s=SETTLE_SECONDS)

    def advance(self, seconds: float) -> None:
        self._control.advance(seconds)

    def usage(self, project_id: str) -> Usage:
        return self._control.usage(project_id)

    def end(self) -> Observed:
        return _stop_observing(self._control)

    def release(self) -> None:
        self._control.dispatch("free")


def _stop_observing(control: "ControlClient") -> Observed:
    """Return what was recorded since the faults were set, and remove them."""
    observed = Observed(control.fired(), control.calls(), control.invocations())
    control.faults(())
    return observed


class RealTimePace:
    """Waits in real time for what a target does by itself; faults and figures need a control API."""

    def __init__(
        self,
        sqs: "SQSClient",
        queue_urls: Iterable[str],
        control: "ControlClient | None" = None,
        wait: Pause = pause,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sqs = sqs
        self._queue_urls = tuple(queue_urls)
        self._control = control
        self._wait = wait
        self._now = now

    def begin(self, faults: Sequence[Fault]) -> None:
        if self._control:
            self._control.faults(faults)
        elif faults:
            raise StepFailed("this target cannot apply faults")

    def settle(self, settling: Settling) -> Settled:
        deadline = self._now() + ARRIVAL_SECONDS
        while not (settled := self.next()).quiet:
            if self._now() > deadline:
                raise StepFailed(f"the queues are not empty after {ARRIVAL_SECONDS / 60:g} minutes")
        return settled

    def next(self) -> Settled:
        calm = 0
        while calm < CALM_LOOKS and not any(Depth.of(self._sqs, url).total for url in self._queue_urls):
            calm += 1
            self._wait(POLL_SECONDS)
        if calm < CALM_LOOKS:
            self._wait(POLL_SECONDS)
        return Settled(quiet=calm == CALM_LOOKS, held=False, deliveries=0, skipped_s=0)

    def advance(self, seconds: float) -> None:
        raise StepFailed("the clock of this target cannot be advanced")

    def usage(self, project_id: str) -> Usage:
        if self._control:
            return self._control.usage(project_id)
        return Usage(project_id=project_id, calls=(), functions=())

    def end(self) -> Observed:
        return _stop_observing(self._control) if self._control else Observed()

    def release(self) -> None:
        """Do nothing, as messages are always delivered."""


@contextmanager
def pace_of(bench: Bench) -> Iterator[Pace]:
    """Yield the pace for a bench: step by step if its target can be controlled, else in real time."""
    with bench.control_if_any() as control:
        if control and Capability.STEPS in bench.target.capabilities:
            yield SteppedPace(control)
        else:
            yield RealTimePace(bench.target.client("sqs"), bench.outputs.queue_urls.values(), control)
