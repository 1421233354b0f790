"""A pool of benches, each in its own thread, that share one queue of jobs."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import BenchLost

T = TypeVar("T")

Start = Callable[[], AbstractContextManager[Bench]]
"""Starts a new engine with the stack at each call."""


@dataclass(frozen=True)
class BenchJob(Generic[T]):
    """A job for a bench, and the future of its result."""

    do: Callable[[Bench], T]
    result: Future[T]


class BenchPool:
    """An executor whose threads have a bench each.

    A bench whose job raised is in an unknown state: it is replaced, and the job's future raises `BenchLost`. If no
    bench can be started, the futures raise what `start` raised. Leaving the block removes the benches and cancels the
    jobs that have not begun; leaving it with an error, such as Ctrl-C, also stops the engines of running jobs at once.
    """

    def __init__(self, start: Start, size: int) -> None:
        self._start = start
        self._jobs: queue.Queue[BenchJob[Any] | None] = queue.Queue()
        self._closed = threading.Event()
        self._started: list[Bench] = []
        self._threads = [threading.Thread(target=self._serve, name=f"bench-{n}") for n in range(1, size + 1)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            self._stop_engines()
        for thread in self._threads:
            thread.join()
        while not self._jobs.empty():
            self._cancel(self._jobs.get())

    def close(self) -> None:
        """Start no further jobs; running ones continue."""
        self._closed.set()
        for _ in self._threads:
            self._jobs.put(None)

    def _stop_engines(self) -> None:
        for bench in tuple(self._started):
            if bench.engine is not None:
                bench.engine.stop()

    def submit(self, run: Callable[[Bench], T]) -> Future[T]:
        """Queue a job for the first free bench."""
        job = BenchJob(run, Future[T]())
        self._jobs.put(job)
        return job.result

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                with self._start() as bench:
                    self._started.append(bench)
                    self._run_jobs(bench)
            except Exception as error:  # noqa: BLE001 - the thread's edge: every waiting future raises it
                self._fail_job(error)

    def _run_jobs(self, bench: Bench) -> None:
        """Run jobs until there are no more, or one of them breaks the bench."""
        while (job := self._take_job()) is not None:
            try:
                job.result.set_result(job.do(bench))
            except Exception as error:  # noqa: BLE001 - the job's edge: its future raises it, and the bench is replaced
                crashed = bench.engine is not None and not bench.engine.running
                lost = BenchLost(str(error) or type(error).__name__, crashed=crashed)
                lost.__cause__ = error
                job.result.set_exception(lost)
                return

    def _fail_job(self, error: Exception) -> None:
        job = self._take_job()
        if job is not None:
            job.result.set_exception(error)

    def _take_job(self) -> BenchJob[Any] | None:
        """Wait for the next job and return it; None when the pool is closed."""
        job = self._jobs.get()
        if self._closed.is_set():
            self._cancel(job)
            return None
        return job

    @staticmethod
    def _cancel(job: BenchJob[Any] | None) -> None:
        if job is not None:
            job.result.cancel()
