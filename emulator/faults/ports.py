"""The interfaces through which faults use the engine: its execution environments and its clock."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol


class Workers(Protocol):
    """The execution environments, each identified by the session token of its calls."""

    def find_function(self, token: str) -> str | None:
        """Return the name of the function that runs there; None for an unknown token."""
        ...

    async def kill(self, token: str) -> None:
        """Kill the environment's process; the process and its connections are gone when this returns."""
        ...

    async def deliver_again(self, token: str) -> None:
        """Redeliver the event that is being processed there, and wait until another environment has processed it.

        The engine knows that this environment waits; it need not be marked as `blocked`.
        """
        ...

    async def hold(self, token: str) -> None:
        """Wait until the next `settle` releases held calls; the environment need not be marked as `blocked`."""
        ...

    def blocked(self, token: str, until: float | None) -> AbstractContextManager[None]:
        """Mark the environment as waiting during the block, so that the engine may skip the time.

        It waits until a moment in epoch seconds of the engine's clock, or for something else if that is None.
        """
        ...


class EngineClock(Protocol):
    """The engine's clock."""

    def now(self) -> datetime:
        """Return the engine's time, with its time zone."""
        ...

    async def sleep_until(self, moment: float) -> None:
        """Wait until a moment on this clock, in epoch seconds."""
        ...
