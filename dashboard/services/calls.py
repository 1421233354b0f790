"""The language model's calls as the engine tells them: each look asks only for what is new."""

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.model_records import ModelExchange

KEPT: Final = 2_000


class EngineCalls:
    """The latest calls. Several threads may look."""

    def __init__(self, control: "ControlClient") -> None:
        self._control = control
        self._lock = threading.Lock()
        self._calls: deque[ModelExchange] = deque(maxlen=KEPT)
        self._next = 0

    def look(self) -> "Sequence[ModelExchange]":
        """Ask for what is new, and return all. Raises ControlError."""
        with self._lock:
            history = self._control.model_calls(self._next)
            self._next = history.next
            self._calls.extend(history.calls)
            return tuple(self._calls)
