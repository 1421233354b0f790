"""The bill of a stack as tables and lines of text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.table import Column, Table
from rich.text import Text

from agenticai.client.cost.bill import Bill, LineUse, explain_cost
from agenticai.client.cost.figures import format_dollars, format_quantity, format_share
from agenticai.client.cost.prices import read_prices
from agenticai.client.cost.use import NO_METER
from agenticai.display.console import TextPart, format_count, join_text, make_figure_columns, make_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenticai.client.cost.free_tier import FreeTierUse

SHOWN: Final = 10
"""The number of projects shown, the most expensive ones."""


def tabulate_bill(used: Bill) -> Iterator[Table]:
    """Yield a table of the free tier line by line, then tables of the costs by service, function and project."""
    month = f"{used.forecast_for:,} projects a month"
    columns = [
        Column("line", no_wrap=True),
        *make_figure_columns("used", "free a month", "share", "forecast", "share", "beyond"),
    ]
    yield make_grid([*columns, "unit"], map(_format_line, used.lines), f"Free tier, with the forecast for {month}")
    if not used.metered:
        return
    services = [
        (name, format_dollars(used_usd), format_dollars(month_usd))
        for name, (used_usd, month_usd) in used.by_service.items()
    ]
    yield make_grid(["service", *make_figure_columns("used", "month, beyond free")], services)
    yield make_grid(
        ["function", *make_figure_columns("used")],
        [(name, format_dollars(usd)) for name, usd in used.by_function.items()],
    )
    if used.projects:
        projects = [(project.project_id, format_dollars(project.usd)) for project in used.projects[:SHOWN]]
        yield make_grid([Column("project", no_wrap=True), *make_figure_columns("used")], projects)


def tabulate_free_tier(offers: "Sequence[FreeTierUse] | None") -> Iterator[Table]:
    """Yield a table of the account's free tier use as AWS reports it; nothing if AWS was not asked."""
    if offers is None:
        return
    columns: list[Column | str] = [
        "service",
        "what",
        "offer",
        *make_figure_columns("used", "of", "share", "forecast"),
        "unit",
    ]
    rows = [
        (
            offer.service,
            offer.description or offer.usage_type,
            offer.kind,
            format_quantity(offer.used),
            format_quantity(offer.limit),
            format_share(offer.used_share),
            format_share(offer.forecast_share),
            offer.unit,
        )
        for offer in offers
    ]
    yield make_grid(columns, rows, "The account's free tier this month, as AWS counts it")


def _format_line(use: LineUse) -> tuple[TextPart, ...]:
    high: TextPart = format_share(use.month_share)
    if (use.month_share or 0) > 1:
        high = (format_share(use.month_share), "red")
    return (
        use.id,
        format_quantity(use.used, use.line.unit),
        format_quantity(use.line.free, use.line.unit) if use.line.free else "none",
        format_share(use.used_share),
        format_quantity(use.month, use.line.unit),
        high,
        format_dollars(use.month_usd) if use.month is not None else "-",
        "" if use.line.unit == "GB" else use.line.unit,
    )


def summarize(used: Bill) -> Iterator[Text]:
    """Yield the totals, and what they are based on."""
    idle = f"{used.idle_receives:,.0f} receives a month of idle queues"
    if not used.metered:
        yield join_text(
            NO_METER, f" What the calls of a month cost is not known, nor who caused it; {idle} are billed."
        )
    elif used.project_usd is None:
        yield join_text("No project was measured yet, so there is no forecast; ", f"{idle} are billed in any case.")
    else:
        month = f"{used.forecast_for:,} projects a month cost "
        yield join_text(month, (format_dollars(used.month_usd), "bold"), f" beyond the free tier, {idle} included.")
        measured = format_count(len(used.projects), "measured project")
        yield join_text(f"The average of {measured} cost {format_dollars(used.project_usd)}, free tier not counted.")
        dearest = used.projects[0]
        yield join_text(
            f"{dearest.project_id} cost most, {format_dollars(dearest.usd)}. {explain_cost(dearest, used.projects)}"
        )
    price_list = read_prices()
    yield join_text((f"Prices of {price_list.region}, {price_list.as_of}; used is without the free tier.", "dim"))
