"""The language model's calls as the engine reports them; each look fetches only new ones."""

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.model_records import ModelExchange

KEPT: Final = 2_000


class EngineCalls:
    """Keeps the latest calls. Thread-safe."""

    def __init__(self, control: "ControlClient") -> None:
        self._control = control
        self._lock = threading.Lock()
        self._calls: deque[ModelExchange] = deque(maxlen=KEPT)
        self._next = 0

    def look(self) -> "Sequence[ModelExchange]":
        """Fetch new calls and return all of them. Raises ControlError."""
        with self._lock:
            history = self._control.model_calls(self._next)
            self._next = history.next
            self._calls.extend(history.calls)
            return tuple(self._calls)
