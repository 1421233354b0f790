"""A few clients that post projects one after the other, as in a demo, and the rate at which the agents work on them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from agenticai.client.errors import ProjectsError
from agenticai.client.stack import DeployedStack
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.stack.waiting import Pause, pause
from shared.models.workflow import FINAL

if TYPE_CHECKING:
    from agenticai.emulator.client import ControlClient

CLIENTS: Final = 4
LOOK_SECONDS: Final = 0.1
SETTLING_SECONDS: Final = 2.0
"""The pause after a page was opened or closed, before the rate is measured."""


@dataclass(frozen=True)
class Pair:
    """The agents' invocations per second without the dashboard and with it, measured one right after the other."""

    without: float
    open: float

    @property
    def kept(self) -> float:
        """The share of the rate that remains with the dashboard open."""
        return self.open / self.without if self.without else float("nan")


@contextmanager
def run_workload(stack: DeployedStack) -> Iterator[None]:
    """Run clients during the block that post projects, each the next one when its last has ended."""
    ended = threading.Event()
    clients = [threading.Thread(target=_post, args=(stack, ended), daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        ended.set()
        for client in clients:
            client.join()


def _post(stack: DeployedStack, ended: threading.Event) -> None:
    project = load(LIBRARY / "greeting.yaml").first
    with stack.api() as api:
        while not ended.is_set():
            with suppress(ProjectsError):  # the engine is under load: the next request may succeed
                project_id = api.create(project.name, project.requirements).id
                while api.get(project_id).status not in FINAL and not ended.wait(LOOK_SECONDS):
                    pass


def measure_rate(control: "ControlClient", api_function: str, seconds: float, wait: Pause = pause) -> float:
    """Return how many invocations of agents end per second, measured for `seconds`."""

    def count_ended() -> int:
        return sum(row.invocations for row in control.usage().functions if row.function != api_function)

    initial, began = count_ended(), monotonic()
    wait(seconds)
    return (count_ended() - initial) / (monotonic() - began)


def compare(
    measure: Callable[[], float],
    opened: Callable[[], object],
    closed: Callable[[], object],
    pairs: int,
    wait: Pause = pause,
) -> Iterator[Pair]:
    """Yield pairs of rates, without the dashboard and with it; the order alternates from pair to pair."""

    def measure_after(prepare: Callable[[], object]) -> float:
        prepare()
        wait(SETTLING_SECONDS)
        return measure()

    for number in range(pairs):
        if number % 2:
            with_dashboard = measure_after(opened)
            yield Pair(measure_after(closed), with_dashboard)
        else:
            without_dashboard = measure_after(closed)
            yield Pair(without_dashboard, measure_after(opened))
    closed()
