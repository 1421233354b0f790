"""The bill of a stack as tables and lines of text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.table import Column, Table
from rich.text import Text

from agenticai.client.cost.bill import Bill, LineUse, reason
from agenticai.client.cost.figures import dollars, quantity, share
from agenticai.client.cost.prices import prices
from agenticai.client.cost.use import NO_METER
from agenticai.display.console import TextPart, count, figures, grid, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenticai.client.cost.free_tier import FreeTierUse

SHOWN: Final = 10
"""The number of projects shown, the most expensive ones."""


def bill(used: Bill) -> Iterator[Table]:
    """Yield a table of the free tier line by line, then tables of the costs by service, function and project."""
    month = f"{used.forecast_for:,} projects a month"
    columns = [Column("line", no_wrap=True), *figures("used", "free a month", "share", "forecast", "share", "beyond")]
    yield grid([*columns, "unit"], map(_line, used.lines), f"Free tier, with the forecast for {month}")
    if not used.metered:
        return
    services = [
        (name, dollars(used_usd), dollars(month_usd)) for name, (used_usd, month_usd) in used.by_service.items()
    ]
    yield grid(["service", *figures("used", "month, beyond free")], services)
    yield grid(["function", *figures("used")], [(name, dollars(usd)) for name, usd in used.by_function.items()])
    if used.projects:
        projects = [(project.project_id, dollars(project.usd)) for project in used.projects[:SHOWN]]
        yield grid([Column("project", no_wrap=True), *figures("used")], projects)


def free_tier(offers: "Sequence[FreeTierUse] | None") -> Iterator[Table]:
    """Yield a table of the account's free tier use as AWS reports it; nothing if AWS was not asked."""
    if offers is None:
        return
    columns: list[Column | str] = ["service", "what", "offer", *figures("used", "of", "share", "forecast"), "unit"]
    rows = [
        (
            offer.service,
            offer.description or offer.usage_type,
            offer.kind,
            quantity(offer.used),
            quantity(offer.limit),
            share(offer.used_share),
            share(offer.forecast_share),
            offer.unit,
        )
        for offer in offers
    ]
    yield grid(columns, rows, "The account's free tier this month, as AWS counts it")


def _line(use: LineUse) -> tuple[TextPart, ...]:
    high: TextPart = share(use.month_share)
    if (use.month_share or 0) > 1:
        high = (share(use.month_share), "red")
    return (
        use.id,
        quantity(use.used, use.line.unit),
        quantity(use.line.free, use.line.unit) if use.line.free else "none",
        share(use.used_share),
        quantity(use.month, use.line.unit),
        high,
        dollars(use.month_usd) if use.month is not None else "-",
        "" if use.line.unit == "GB" else use.line.unit,
    )


def summary(used: Bill) -> Iterator[Text]:
    """Yield the totals, and what they are based on."""
    idle = f"{used.idle_receives:,.0f} receives a month of idle queues"
    if not used.metered:
        yield text(NO_METER, f" What the calls of a month cost is not known, nor who caused it; {idle} are billed.")
    elif used.project_usd is None:
        yield text("No project was measured yet, so there is no forecast; ", f"{idle} are billed in any case.")
    else:
        month = f"{used.forecast_for:,} projects a month cost "
        yield text(month, (dollars(used.month_usd), "bold"), f" beyond the free tier, {idle} included.")
        measured = count(len(used.projects), "measured project")
        yield text(f"The average of {measured} cost {dollars(used.project_usd)}, free tier not counted.")
        dearest = used.projects[0]
        yield text(f"{dearest.project_id} cost most, {dollars(dearest.usd)}. {reason(dearest, used.projects)}")
    price_list = prices()
    yield text((f"Prices of {price_list.region}, {price_list.as_of}; used is without the free tier.", "dim"))
