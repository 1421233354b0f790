"""Checks the bundles of functions and layers; MiniStack checks only some limits, and only in its API."""

from collections.abc import Callable
from typing import Any

from agenticai.emulator.engines.code_cache import UnsafeBundle, check_size

Answer = tuple[int, Any, bytes]
Reject = Callable[[bytes | None], Answer | None]


class Bundles:
    """Checks the bundles from which MiniStack creates functions and layers."""

    def __init__(self, lambda_svc: Any) -> None:
        self._lambda = lambda_svc
        self._reject: Reject = lambda_svc._reject_unreadable_zip
        lambda_svc._reject_unreadable_zip = self._reject_unsafe
        lambda_svc._functions._data = Functions(lambda_svc)

    def _reject_unsafe(self, bundle: bytes | None) -> Answer | None:
        """Return an error for an unsafe bundle; MiniStack calls this for bundles from the API."""
        rejection = self._reject(bundle)
        if rejection is None and bundle is not None:
            try:
                check_size(bundle)
            except UnsafeBundle as error:
                rejection = self._lambda.error_response_json("InvalidParameterValueException", str(error), 400)
        return rejection


class Functions(dict[Any, Any]):
    """The functions; checks those that stacks create. Raises ValueError, which fails the resource."""

    def __init__(self, lambda_svc: Any) -> None:
        super().__init__()
        self._lambda = lambda_svc

    def __setitem__(self, key: Any, function: dict[str, Any]) -> None:
        layers = (self._lambda._resolve_layer_zip(layer) for layer in function["config"].get("Layers") or ())
        try:
            check_size(*filter(None, (function.get("code_zip"), *layers)))
        except UnsafeBundle as error:
            raise ValueError(str(error)) from error
        super().__setitem__(key, function)
