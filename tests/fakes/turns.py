"""Interleaves deliveries: each in its own thread, one step at a time, in an order that depends on a seed."""

import threading
from collections.abc import Callable, Sequence
from random import Random

DEADLINE_SECONDS = 30


class Turns:
    """Lets exactly one of several jobs run; each `step` chooses again which one continues."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._changed = threading.Condition()
        self._waiting: list[int] = []
        self._turn: int | None = None

    def run(self, jobs: Sequence[Callable[[], object]]) -> list[object]:
        """Run the jobs to their ends; return each one's result, or the exception that ended it."""
        outcomes: list[object] = [None] * len(jobs)

        def work(number: int) -> None:
            try:
                self._await_turn(number)
                outcomes[number] = jobs[number]()
            except BaseException as ending:  # noqa: BLE001 - the thread's edge: the caller judges it
                outcomes[number] = ending
            finally:
                self._pass_on(leaving=number)

        threads = [threading.Thread(target=work, args=(number,), name=str(number)) for number in range(len(jobs))]
        with self._changed:
            self._waiting = [*range(len(jobs))]
            self._turn = self._random.choice(self._waiting)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._turn = None
        return outcomes

    def step(self) -> bool:
        """Let another job run at this point; return False if no jobs run."""
        if self._turn is None:
            return False
        number = int(threading.current_thread().name)
        self._pass_on()
        self._await_turn(number)
        return True

    def _await_turn(self, number: int) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._turn == number, DEADLINE_SECONDS):
                raise TimeoutError(f"job {number} never had its turn")

    def _pass_on(self, leaving: int | None = None) -> None:
        with self._changed:
            if leaving is not None:
                self._waiting.remove(leaving)
            if self._waiting:
                self._turn = self._random.choice(self._waiting)
            self._changed.notify_all()
