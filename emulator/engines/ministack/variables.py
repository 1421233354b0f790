"""A function's environment variables, which are text: what a template writes as numbers or booleans becomes it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-environment.html
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

Properties = dict[str, Any]


def with_text_variables(handlers: dict[str, Any]) -> None:
    """Wrap the handlers of `AWS::Lambda::Function`, whose properties a template gives in any of JSON's types."""
    handlers["create"] = _stringifying(handlers["create"])
    handlers["update"] = _stringifying(handlers["update"])


def refuse_other_types(change: Callable[..., Any], error: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an operation of Lambda's API, which does not take variables of other types than text."""

    @functools.wraps(change)
    def checked(*arguments: Any) -> Any:
        for name, value in _variables(arguments[-1]).items():
            if not isinstance(value, str):
                message = f"Environment variable {name} is not a string: {value!r}"
                return error("SerializationException", message, 400)
        return change(*arguments)

    return checked


def _stringifying(handler: Callable[..., Any]) -> Callable[..., Any]:
    def handle(*arguments: Any) -> Any:
        return handler(*(_with_text(each) if isinstance(each, dict) else each for each in arguments))

    return handle


def _with_text(properties: Properties) -> Properties:
    variables = {name: as_text(value) for name, value in _variables(properties).items()}
    return (
        {**properties, "Environment": {**properties["Environment"], "Variables": variables}}
        if variables
        else properties
    )


def _variables(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    environment = properties.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    return variables if isinstance(variables, dict) else {}


def as_text(value: object) -> str:
    """Return a scalar of a template as CloudFormation makes text of it: as JSON writes it, but text as it is."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case float():
            return repr(value)
    raise ValueError(f"Value {value!r} of an environment variable is no string, number or boolean.")
