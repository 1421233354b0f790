"""The price file is complete, dated, and names the source of each price."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from agenticai.client.cost.prices import LINES, PRICES, read_prices

ROOT = Path(__file__).parents[4]


def test_every_line_has_a_price_and_a_source() -> None:
    known = read_prices()
    assert tuple(known.lines) == LINES
    assert re.fullmatch(r"20\d\d-\d\d", known.as_of)
    assert [line for line in known.lines.values() if not line.source.startswith("https://aws.amazon.com/")] == []


def test_a_line_without_allowance_says_why() -> None:
    assert [line for line in read_prices().lines.values() if not line.free and not line.note] == []


def test_a_file_that_lacks_a_line_is_refused(tmp_path: Path) -> None:
    text = PRICES.read_text("utf-8")
    (tmp_path / "prices.yaml").write_text(text[: text.index("  alarms:")])
    with pytest.raises(ValidationError, match="no price for alarms, data-out"):
        read_prices(tmp_path / "prices.yaml")


def test_what_is_within_the_allowance_is_free() -> None:
    line = read_prices().lines["sqs-requests"]
    assert line.price_beyond_free(1_000_000) == 0
    assert line.price_beyond_free(3_000_000) == pytest.approx(0.80)


def test_idle_queues_are_polled_all_month() -> None:
    assert read_prices().count_idle_receives(1) == 648_000
    assert read_prices().count_idle_receives(4) == 2_592_000


def test_no_other_file_holds_a_price_of_aws() -> None:
    rooms = ("agenticai", "dashboard", "emulator", "scenarios", "stack", "handlers")
    digits = ("0.0000133334", "0.625", "0.125e", "3.50e", "0.40e")
    files = {path.resolve() for room in rooms for path in (ROOT / room).rglob("*.py")}
    assert [path for path in files if any(price in path.read_text("utf-8") for price in digits)] == []
