"""Fake benches, which only record that they are started, used and closed."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import ScenarioError

if TYPE_CHECKING:
    from agenticai.emulator.process import Engine
    from agenticai.stack.outputs import StackOutputs
    from agenticai.stack.target import Target


@dataclass
class FakeEngine:
    """An engine that can end by itself, or be stopped."""

    running: bool = True
    ended: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """End it."""
        self.running = False
        self.ended.set()


@dataclass
class FakeBenches:
    """Starts fake benches and counts them."""

    ends_badly: bool = False
    target: object = field(default_factory=object)
    started: list[Bench] = field(default_factory=list)
    closed: list[Bench] = field(default_factory=list)

    def __call__(self) -> AbstractContextManager[Bench]:
        """Start another one."""
        return self._bench()

    @contextmanager
    def _bench(self) -> Iterator[Bench]:
        if self.ends_badly:
            raise ScenarioError("no engine to be had")
        engine = cast("Engine", FakeEngine())
        bench = Bench(cast("Target", self.target), cast("StackOutputs", object()), "token", engine=engine)
        self.started.append(bench)
        yield bench
        self.closed.append(bench)
