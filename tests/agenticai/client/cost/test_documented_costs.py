"""The tables in docs/cost.md agree with the prices."""

import re
from pathlib import Path
from typing import Final

import pytest

from agenticai.client.cost.bill import Bill, MeasuredUse
from agenticai.client.cost.figures import format_dollars
from agenticai.client.cost.prices import LINES, LineId, read_prices
from agenticai.stack.outputs import AGENTS

PAGE: Final = (Path(__file__).parents[4] / "docs" / "cost.md").read_text("utf-8")
WORKING_HOURS: Final = 10 * 5 / (24 * 7)
"""The fraction of a week during which queues are polled."""


def cells(pattern: str) -> dict[str, list[str]]:
    """Return the rows of tables with a matching first cell, by that cell."""
    rows = [[cell.strip(" `") for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", PAGE, re.MULTILINE)]
    return {row[0]: row[1:] for row in rows if re.fullmatch(pattern, row[0])}


def month_of(projects: int) -> Bill:
    """Return a month's bill for that many projects like the documented one, on a stage with default parameters."""
    rows = {name: row[0] for name, row in cells("|".join(LINES)).items() if re.fullmatch(r"[\d.]+", row[0])}
    averages: dict[LineId, float] = {line: float(rows[line]) for line in LINES if line != "alarms"}
    averages["alarms"] = 0.0
    fixed: dict[LineId, float] = {
        "sqs-requests": read_prices().count_idle_receives(len(AGENTS)),
        "alarms": read_prices().lines["alarms"].free,
    }
    return MeasuredUse((), (), dict.fromkeys(LINES, 0.0), averages, fixed, {}).bill(projects)


@pytest.mark.parametrize("projects", ["0", "1", "100", "10,000"])
def test_a_month_costs_what_the_page_says(projects: str) -> None:
    bill = month_of(int(projects.replace(",", "")))
    services = {service: usd for service, (_, usd) in bill.by_service.items()}
    shown = [services.pop(service) for service in ("sqs", "dynamodb", "s3", "execute-api", "kms")]
    full = sum((line.month or 0.0) * line.line.unit_usd for line in bill.lines)
    assert cells("[0-9,]+")[projects] == [format_dollars(usd) for usd in (*shown, bill.month_usd, full)]
    assert set(services.values()) == {0.0}  # the page says that the others stay within the free tier


@pytest.mark.parametrize(("polling", "part"), [("always", 1.0), ("10 hours on 5 days", WORKING_HOURS)])
def test_polling_costs_what_the_page_says(polling: str, part: float) -> None:
    line, requests = read_prices().lines["sqs-requests"], read_prices().count_idle_receives(len(AGENTS)) * part
    figures = [
        f"{requests:,.0f}",
        format_dollars(line.price_beyond_free(requests)),
        format_dollars(requests * line.unit_usd),
    ]
    assert cells(polling)[polling] == figures


def test_working_hours_save_what_the_page_says() -> None:
    line, always = read_prices().lines["sqs-requests"], read_prices().count_idle_receives(len(AGENTS))
    first = line.price_beyond_free(always) - line.price_beyond_free(always * WORKING_HOURS)
    further = always * (1 - WORKING_HOURS) * line.unit_usd
    assert f"the first saves ${first:.2f} a month, each further one ${further:.2f}" in PAGE
