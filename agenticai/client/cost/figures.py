"""Formats quantities, shares and prices."""

from decimal import Decimal
from typing import Final

from agenticai.client.cost.prices import GB

WHOLE: Final = 1000
"""From this quantity on, no fractions are shown."""

MICRO: Final = 1e-6
"""Prices in dollars below this one are shown with two significant digits."""

_BYTES: Final = {"GB": GB, "MB": 1024**2, "KB": 1024}


def format_quantity(number: float | None, unit: str = "") -> str:
    """Format a quantity with as many digits as it needs; a dash if it is unknown.

    Gigabytes are shown with the unit that fits, such as 69.1 KB; all other quantities without one.
    """
    if number is None:
        return "-"
    if unit == "GB":
        return _format_bytes(number * GB)
    if number == int(number) or number >= WHOLE:
        return f"{number:,.0f}"
    return f"{number:,.2f}" if number >= 1 else _format_significant(number, 3)


def _format_bytes(size: float) -> str:
    for unit, length in _BYTES.items():
        if size >= length:
            return f"{size / length:,.1f}".removesuffix(".0") + f" {unit}"
    return f"{size:.0f} B"


def format_share(part: float | None) -> str:
    """Format a share of an allowance in percent; a dash if there is no allowance."""
    if part is None:
        return "-"
    percent = part * 100
    return f"{percent:,.0f} %" if percent >= 10 or not percent else f"{_format_significant(percent, 2)} %"


def format_dollars(amount: float) -> str:
    """Format a price with as many digits as it needs, at least two after the point."""
    if 0 < amount < MICRO:
        return f"${_format_significant(amount, 2)}"
    digits = 2 if amount >= 1 or not amount else 4 if amount >= 0.01 else 6
    whole, point, fraction = f"{amount:,.{digits}f}".partition(".")
    return f"${whole}{point}{fraction.rstrip('0').ljust(2, '0')}"


def _format_significant(number: float, digits: int) -> str:
    """Format a number with `digits` significant digits, never with an exponent."""
    return f"{Decimal(f'{number:.{digits}g}'):f}"
