"""DynamoDB by moto, one request at a time."""

import functools
import threading
from collections.abc import Callable
from typing import Any

from localstack.services.moto import MotoFallbackDispatcher

Handler = Callable[..., Any]


def serialize_operations(provider: object) -> dict[str, Handler]:
    """Return moto's operations, made to run one at a time.

    A moto transaction copies its tables first, and restores the copies if it fails: a write made meanwhile would be
    lost, and the copying itself fails if another request adds an item.
    """
    lock = threading.RLock()
    return {name: _serialize(handler, lock) for name, handler in MotoFallbackDispatcher(provider).items()}


def _serialize(handler: Handler, lock: threading.RLock) -> Handler:
    @functools.wraps(handler)
    def handle(*args: Any, **kwargs: Any) -> Any:
        with lock:
            return handler(*args, **kwargs)

    return handle
