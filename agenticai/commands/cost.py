"""The command `cost`: a stack's use of the free tier, the forecast of a month, and the check of a budget."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from agenticai.client.cost.bill import Bill, LineUse, ProjectCost, explain_cost, make_bill
from agenticai.client.cost.budget import Overrun, find_overruns, read_budget
from agenticai.client.cost.free_tier import FreeTierUse, read_free_tier_use
from agenticai.client.cost.prices import read_prices
from agenticai.client.cost.use import UseReader, read_unmetered_use
from agenticai.commands.stack import Stack, open_stack
from agenticai.display import cost as show
from agenticai.display.console import Display
from agenticai.stack.target import Capability

PROJECTS: Final = 100
"""The projects a month, if neither the option nor the budget has a number."""


def show_cost(stack: Stack, budget_file: Path | None, projects: int | None) -> int:
    """Show the bill; return 1 if it is over the budget. Raises BudgetError."""
    screen = Display(as_json=stack.as_json)
    budget = read_budget(budget_file) if budget_file else None
    asked_for = projects if projects is not None else budget.projects if budget else None
    used, free_tier = read_bill(stack, PROJECTS if asked_for is None else asked_for)
    over = find_overruns(budget, used) if budget else None
    screen.emit(make_document(used, over, free_tier))
    for table in (*show.tabulate_bill(used), *show.tabulate_free_tier(free_tier)):
        screen.show(table)
        screen.say()
    for line in show.summarize(used):
        screen.say(line)
    for overrun in over or ():
        screen.say(("over budget: ", "bold red"), overrun.sentence)
    if over == ():
        screen.say(("within budget", "green"))
    return 1 if over else 0


def read_bill(stack: Stack, projects: int) -> tuple[Bill, Sequence[FreeTierUse] | None]:
    """Return the bill of a stack, and its account's free tier use as AWS reports it."""
    with open_stack(stack) as (deployed, control):
        use = UseReader(deployed, control).look() if control else read_unmetered_use(deployed)
        is_aws = Capability.METRICS in deployed.target.capabilities
        return make_bill(use, projects), read_free_tier_use(deployed.target.client("freetier")) if is_aws else None


def make_document(
    used: Bill, over: Sequence[Overrun] | None, free_tier: Sequence[FreeTierUse] | None = None
) -> dict[str, object]:
    """Return the bill as a JSON document."""
    price_list = read_prices()
    dearest = used.projects[0] if used.projects else None
    return {
        "prices": {"as_of": price_list.as_of, "region": price_list.region},
        "measured_projects": len(used.projects),
        "used_usd": used.used_usd if used.metered else None,
        "project_usd": used.project_usd,
        "unattributed_usd": used.unattributed_usd if used.metered else None,
        "month": {"projects": used.forecast_for, "usd": used.month_usd, "idle_sqs_requests": used.idle_receives},
        "lines": [_describe_line(line) for line in used.lines],
        "services": {
            name: {"used_usd": used_usd, "month_usd": month_usd}
            for name, (used_usd, month_usd) in used.by_service.items()
        },
        "functions": {name: {"used_usd": usd} for name, usd in used.by_function.items()},
        "projects": [{"id": project.project_id, "usd": project.usd} for project in used.projects],
        "free_tier": None if free_tier is None else [asdict(use) for use in free_tier],
        "dearest": _describe_dearest(dearest, used.projects),
        "over_budget": None
        if over is None
        else [{"limit": overrun.limit, "sentence": overrun.sentence} for overrun in over],
    }


def _describe_dearest(project: ProjectCost | None, projects: Sequence[ProjectCost]) -> dict[str, object] | None:
    if project is None:
        return None
    return {"id": project.project_id, "usd": project.usd, "reason": explain_cost(project, projects)}


def _describe_line(use: LineUse) -> dict[str, object]:
    return {
        "id": use.id,
        "service": use.line.service,
        "title": use.line.title,
        "unit": use.line.unit,
        "free": use.line.free,
        "note": use.line.note,
        "missing": use.missing or None,
        "used": use.used,
        "used_share": use.used_share,
        "used_usd": use.used_usd,
        "month": use.month,
        "month_share": use.month_share,
        "month_usd": use.month_usd,
    }
