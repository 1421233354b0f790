"""Checks functions' environment variables: Lambda's API accepts only text; in templates others are converted."""

import functools
from collections.abc import Callable, Mapping
from typing import Any


def refuse_other_types(change: Callable[..., Any], error: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an operation of Lambda's API to refuse variables that are not text."""

    @functools.wraps(change)
    def change_checked(*arguments: Any) -> Any:
        for name, value in _read_variables(arguments[-1]).items():
            if not isinstance(value, str):
                message = f"Environment variable {name} is not a string: {value!r}"
                return error("SerializationException", message, 400)
        return change(*arguments)

    return change_checked


def _read_variables(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    environment = properties.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    return variables if isinstance(variables, dict) else {}
