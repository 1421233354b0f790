"""Replays many scenarios on the benches of a pool, in the given order, as benches become free."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import BenchLost
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.replay import Result, replay

OnWork = Callable[[Scenario, str], None]
"""Called from several threads with a scenario and what is being done for it."""


@dataclass(frozen=True)
class ReplayOptions:
    """How scenarios are replayed: `keep` stops at the first failure, and keeps its bench as it is.

    `unsafe_run` runs produced code even if this machine has no sandbox.
    """

    seed: int = 0
    repeat: int = 1
    keep: bool = False
    out: Path | None = None
    unsafe_run: bool = False


@dataclass(frozen=True)
class EndedReplay:
    """A finished replay, and its bench; None if the bench was lost."""

    result: Result
    bench: Bench | None


class Replays:
    """Replays scenarios; each object can be `run` once."""

    def __init__(
        self,
        order: ReplayOptions,
        *,
        on_work: OnWork = lambda _, __: None,
        on_result: Callable[[Result], None] = lambda _: None,
        look_at: Callable[[Bench, Result], None] = lambda _, __: None,
        play: Callable[..., Result] = replay,
    ) -> None:
        self._order = order
        self._on_work = on_work
        self._on_result = on_result
        self._inspect = look_at
        self._replay = play
        self._ended: queue.Queue[EndedReplay | BaseException] = queue.Queue()
        self._stopped = threading.Event()
        self._inspected = threading.Event()

    def run(self, pool: BenchPool, scenarios: Sequence[Scenario]) -> list[Result]:
        """Replay each scenario as often as the order says, and return the results in the order in which they end.

        A kept bench lives until `look_at` returns. Raises the error if no bench could be started.
        """
        jobs = [self._submit(pool, scenario) for _ in range(self._order.repeat) for scenario in scenarios]
        results: list[Result] = []
        try:
            while len(results) < len(jobs) and not self._stopped.is_set():
                ended = self._await_next()
                results.append(ended.result)
                self._on_result(ended.result)
                if self._order.keep and ended.bench and not ended.result.passed:
                    self._stopped.set()
                    self._inspect(ended.bench, ended.result)
        finally:
            self._stopped.set()
            self._inspected.set()
        return results

    def _submit(self, pool: BenchPool, scenario: Scenario) -> Future[None]:
        job = pool.submit(partial(self._play, scenario))
        job.add_done_callback(partial(self._record_failure, scenario))
        return job

    def _play(self, scenario: Scenario, bench: Bench) -> None:
        """Replay a scenario on a bench; if the bench is to be kept, wait until it was inspected."""
        if self._stopped.is_set():
            return
        result = self._replay(
            bench,
            scenario,
            seed=self._order.seed,
            out=self._order.out,
            on_event=partial(self._on_work, scenario),
            keep_failed=self._order.keep,
            unsafe_run=self._order.unsafe_run,
        )
        self._ended.put(EndedReplay(result, bench))
        if self._order.keep and not result.passed:
            self._inspected.wait()

    def _record_failure(self, scenario: Scenario, job: Future[None]) -> None:
        """Record a failed scenario for a lost bench; a bench that cannot be started ends the whole run."""
        error = None if job.cancelled() else job.exception()
        if isinstance(error, BenchLost):
            result = Result(scenario, self._order.seed, unmet=(f"The bench was lost: {error}",))
            self._ended.put(EndedReplay(result, None))
        elif error:
            self._ended.put(error)

    def _await_next(self) -> EndedReplay:
        ended = self._ended.get()
        if isinstance(ended, BaseException):
            raise ended
        return ended
