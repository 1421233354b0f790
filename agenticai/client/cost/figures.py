"""Quantities, shares and prices as people read them."""

from decimal import Decimal
from typing import Final

from agenticai.client.cost.prices import GB

WHOLE: Final = 1000
"""From here on, fractions of a quantity say nothing."""

MICRO: Final = 1e-6
"""Of a dollar: what is less has two significant digits."""

_BYTES: Final = {"GB": GB, "MB": 1024**2, "KB": 1024}


def quantity(number: float | None, unit: str = "") -> str:
    """Return a quantity with as many digits as it takes to see it; a dash where it is not known.

    Of gigabytes with the unit that suits, as 69.1 KB; of all others without.
    """
    if number is None:
        return "-"
    if unit == "GB":
        return _bytes(number * GB)
    if number == int(number) or number >= WHOLE:
        return f"{number:,.0f}"
    return f"{number:,.2f}" if number >= 1 else _significant(number, 3)


def _bytes(size: float) -> str:
    for unit, length in _BYTES.items():
        if size >= length:
            return f"{size / length:,.1f}".removesuffix(".0") + f" {unit}"
    return f"{size:.0f} B"


def share(part: float | None) -> str:
    """Return a part of an allowance in percent; a dash where there is none."""
    if part is None:
        return "-"
    percent = part * 100
    return f"{percent:,.0f} %" if percent >= 10 or not percent else f"{_significant(percent, 2)} %"


def dollars(amount: float) -> str:
    """Return a price with as many digits as it takes to see it, two at the least after the point."""
    if 0 < amount < MICRO:
        return f"${_significant(amount, 2)}"
    digits = 2 if amount >= 1 or not amount else 4 if amount >= 0.01 else 6
    whole, point, fraction = f"{amount:,.{digits}f}".partition(".")
    return f"${whole}{point}{fraction.rstrip('0').ljust(2, '0')}"


def _significant(number: float, digits: int) -> str:
    """Return so many significant digits, never with an exponent."""
    return f"{Decimal(f'{number:.{digits}g}'):f}"
