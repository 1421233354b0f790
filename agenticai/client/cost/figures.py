"""Quantities, shares and prices as people read them."""


def quantity(number: float | None) -> str:
    """Return a quantity with as many digits as it takes to see it; a dash where it is not known."""
    if number is None:
        return "-"
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.2f}" if number >= 1 else f"{number:.3g}"


def share(part: float | None) -> str:
    """Return a part of an allowance in percent; a dash where there is none."""
    if part is None:
        return "-"
    percent = part * 100
    return f"{percent:,.0f} %" if percent >= 10 or not percent else f"{percent:.2g} %"


def dollars(amount: float) -> str:
    """Return a price with as many digits as it takes to see it."""
    if not amount or amount >= 1:
        return f"${amount:,.2f}"
    return f"${amount:.6f}"
