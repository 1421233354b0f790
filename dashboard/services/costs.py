"""The bill of a stack as rows and curves for the free tier page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agenticai.client.cost.bill import Bill, MeasuredUse, explain_cost
from agenticai.client.cost.figures import format_dollars, format_quantity

STOPS: Final = (
    0, 1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000,
    5_000, 6_000, 7_000, 8_000, 9_000, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000, 75_000, 100_000,
)  # fmt: skip
"""The stops of the slider for projects per month."""

USUAL: Final = 100
POINTS: Final = 12
"""The number of points of the monthly cost curve, without the one at 0."""

SHOWN: Final = 20
"""The number of projects in the table, the most expensive ones."""


@dataclass(frozen=True)
class TierRow:
    """A line of the free tier; shares are parts of the month's allowance, None if there is no allowance."""

    service: str
    title: str
    used: str
    free: str
    used_share: float | None
    month: str
    month_share: float | None
    month_usd: str
    note: str


@dataclass(frozen=True)
class Spent:
    """An amount of US dollars and who caused it; `part` is its share of the total."""

    who: str
    usd: float
    part: float


def find_nearest_stop(asked: str | None) -> int:
    """Return the slider's stop that is nearest to the number in an address, or the default if it is not a number."""
    if asked is None or not asked.isascii() or not asked.isdigit():
        return USUAL
    return min(STOPS, key=lambda stop: abs(stop - int(asked[:9])))


def parse_limit(asked: str | None) -> float | None:
    """Return the budget in US dollars that an address names; None if it is not an amount."""
    try:
        amount = float(asked or "")
    except ValueError:
        return None
    return amount if 0 <= amount <= 1_000_000 else None


def list_tier_rows(shown: Bill) -> list[TierRow]:
    """Return all lines of the free tier."""
    return [
        TierRow(
            service=use.line.service,
            title=use.line.title,
            used=format_quantity(use.used, use.line.unit),
            free=format_quantity(use.line.free, use.line.unit) if use.line.free else "none",
            used_share=use.used_share,
            month=format_quantity(use.month, use.line.unit),
            month_share=use.month_share,
            month_usd=format_dollars(use.month_usd) if use.month is not None else "-",
            note=use.missing or use.line.note,
        )
        for use in shown.lines
    ]


def list_tier_notes(rows: Sequence[TierRow]) -> list[str]:
    """Return each distinct note, after the names of the lines that have it."""
    titles: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            titles.setdefault(row.note, []).append(f"{row.service} {row.title}")
    return [f"{', '.join(lines)}: {note}" for note, lines in titles.items()]


def list_function_costs(shown: Bill) -> list[Spent]:
    """Return the cost of each function, the most expensive first."""
    return [Spent(function, usd, _compute_share(usd, shown.used_usd)) for function, usd in shown.by_function.items()]


def list_project_costs(shown: Bill, most: int = SHOWN) -> list[Spent]:
    """Return the cost of the most expensive projects, the most expensive first."""
    return [Spent(p.project_id, p.usd, _compute_share(p.usd, shown.used_usd)) for p in shown.projects[:most]]


def describe_dearest(shown: Bill) -> str | None:
    """Return a sentence that names the most expensive project, and why it cost most."""
    if not shown.projects:
        return None
    project = shown.projects[0]
    return (
        f"{project.project_id} was the most expensive, {format_dollars(project.usd)}."
        f" {explain_cost(project, shown.projects)}"
    )


def judge_month(shown: Bill, limit: float) -> tuple[bool, str]:
    """Return whether the month is within a budget, and a sentence that says so."""
    margin = limit - shown.month_usd
    within = margin >= 0
    comparison = f"{format_dollars(margin)} below" if within else f"{format_dollars(-margin)} over"
    return within, f"A month of {shown.forecast_for:,} projects is {comparison} the budget of {format_dollars(limit)}."


def compute_month_curve(used: MeasuredUse, projects: int) -> list[dict[str, object]]:
    """Return the monthly cost of 0 up to `projects` projects, by service, as the rows of a stacked chart."""
    numbers = sorted({round(projects * step / POINTS) for step in range(POINTS + 1)})
    bills = [used.bill(number) for number in numbers]
    costs = [(month.forecast_for, month.by_service) for month in bills]
    paid_services = [name for name in costs[-1][1] if any(services[name][1] for _, services in costs)]
    return [
        {"projects": number, "service": service, "usd": services[service][1]}
        for number, services in costs
        for service in paid_services
    ]


def list_service_costs(shown: Bill) -> Sequence[tuple[str, str, str]]:
    """Return each service with its cost until now, and its cost of the month beyond the free tier."""
    forecast = bool(shown.projects) or not shown.forecast_for
    return [
        (name, format_dollars(used), format_dollars(m) if forecast else "-")
        for name, (used, m) in shown.by_service.items()
    ]


def _compute_share(usd: float, total: float) -> float:
    return usd / total if total else 0.0
