"""Figures have as many digits as are needed to see them."""

import pytest

from agenticai.client.cost.figures import format_dollars, format_quantity, format_share


@pytest.mark.parametrize(
    ("number", "unit", "shown"),
    [
        (None, "", "-"),
        (0, "", "0"),
        (16_222.2, "", "16,222"),
        (74.138, "GB-seconds", "74.14"),
        (0.00123, "", "0.00123"),
        (0.0000123, "", "0.0000123"),
        (5, "GB", "5 GB"),
        (69.1 / 1024**2, "GB", "69.1 KB"),
        (0, "GB", "0 B"),
    ],
)
def test_quantities(number: float | None, unit: str, shown: str) -> None:
    assert format_quantity(number, unit) == shown


@pytest.mark.parametrize(
    ("part", "shown"),
    [(None, "-"), (0, "0 %"), (0.00123, "0.12 %"), (2.6e-7, "0.000026 %"), (0.4, "40 %"), (26.1633, "2,616 %")],
)
def test_shares(part: float | None, shown: str) -> None:
    assert format_share(part) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "$0.00"),
        (0.7, "$0.70"),
        (0.878389, "$0.8784"),
        (0.000354, "$0.000354"),
        (1234.5, "$1,234.50"),
        (0.0101, "$0.0101"),
        (0.00000012, "$0.00000012"),
    ],
)
def test_dollars(amount: float, shown: str) -> None:
    assert format_dollars(amount) == shown
