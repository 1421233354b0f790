"""Converts numbers and booleans in templates to text where CloudFormation does, such as in parameters and conditions.

CloudFormation reads YAML 1.1 and keeps every scalar as text, in lower case and with Java's number format: `yes` is
"true", `1.10` is "1.1", and the account 012345678901 without quotes is "1.2345678901E10".
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

SECTIONS = frozenset({"Parameters", "Mappings", "Conditions", "Rules", "Outputs"})
"""Sections of a template that contain only text."""
MEMBERS = frozenset({"Fn::Equals", "Fn::Join", "Fn::Sub", "Tags"})
"""Members that contain only text, wherever they are."""
NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$|0[0-9]*[89][0-9]*$")
"""Numbers to CloudFormation that PyYAML reads as text."""


def read_scalars_as_text(engine: Any, *modules: Any) -> None:
    """Have MiniStack read the scalars of templates as CloudFormation does; `modules` import its parser by name."""
    engine.CfnLoader.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+0123456789"))
    parsed = _wrap_parser(engine._parse_template)
    for module in (engine, *modules):
        module._parse_template = parsed


def format_scalar(value: object) -> str:
    """Return a scalar of a template as the text that CloudFormation makes of it. Raises ValueError for non-scalars."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return _format_like_java(value)
        case str() | int():
            return str(value)
    raise ValueError(f"Value {value!r} is no string, number or boolean.")


def format_scalars(value: Any, *, text: bool = True) -> Any:
    """Return a part of a template with keys as text, and scalars as text if `text` is true or their place needs it."""
    match value:
        case dict():
            return {
                name if name is None else format_scalar(name): format_scalars(part, text=text or name in MEMBERS)
                for name, part in value.items()
            }
        case list():
            return [format_scalars(part, text=text) for part in value]
        case bool() | int() | float() if text:
            return format_scalar(value)
    return value


def _wrap_parser(parse: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    def parse_as_text(body: str) -> dict[str, Any]:
        return {name: format_scalars(section, text=name in SECTIONS) for name, section in parse(body).items()}

    return parse_as_text


def _format_like_java(value: float) -> str:
    """Format a float as Java does: https://docs.oracle.com/javase/8/docs/api/java/lang/Double.html#toString-double-."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    if value != value or abs(value) == float("inf"):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[repr(value)]
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    first, rest = digits[0], "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{first}.{rest}E{int(exponent) + len(digits) - 1}"
