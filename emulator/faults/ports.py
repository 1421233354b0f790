"""What the faults need of the engine: its execution environments and its clock."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class Workers(Protocol):
    """The execution environments, each known by the session token that its calls carry."""

    def function_of(self, token: str) -> str | None:
        """Return the name of the function that runs there; None for a token that belongs to none."""
        ...

    async def kill(self, token: str) -> None:
        """End the environment's process; it is gone, and its connections with it, when this returns."""
        ...

    async def deliver_again(self, token: str) -> None:
        """Deliver the event that is worked on there once more; another environment has worked on it on return.

        The engine knows by itself that this one waits.
        """
        ...

    async def hold(self, token: str) -> None:
        """Wait until the next `settle` lets go what is held; the engine knows by itself that this one waits."""
        ...

    def blocked(self, token: str, until: float | None) -> AbstractContextManager[None]:
        """Note in the block that the environment only waits, so that the engine may skip the time.

        It waits until a moment in epoch seconds of the engine's clock or, when that is None, for something else.
        """
        ...


class EngineClock(Protocol):
    """The engine's clock."""

    def now(self) -> datetime:
        """Return the engine's time, with its zone."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Wait for a moment in epoch seconds on this clock."""
        ...
