"""What a project used: tokens, AWS calls and GB-seconds, by function and by service, and what that costs."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from agenticai.client.cost.charges import charge_usage
from agenticai.client.cost.prices import LineId, read_prices
from agenticai.dashboard.services.port import Missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agenticai.client.model_cost import Model
    from agenticai.emulator.core.usage_records import FunctionUsage, Usage
    from shared.models.events import TimelineEvent
    from shared.models.project import TokenUsage


@dataclass(frozen=True)
class CallRow:
    """An operation that was called for a project, with the caller and the number of calls."""

    service: str
    operation: str
    caller: str
    calls: int
    errors: int


@dataclass(frozen=True)
class TokenRow:
    """One agent's use of the model, and its cost; None if the price is unknown."""

    agent: str
    calls: int
    prompt_tokens: int
    output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True)
class CostRow:
    """A line of the bill: a quantity, and its cost before the free tier."""

    service: str
    title: str
    quantity: float
    unit: str
    usd: float


class Metered(Protocol):
    """A source that may report what projects used."""

    def usage_by_project(self) -> "Mapping[str, Usage] | Missing":
        """Return the AWS calls and Lambda use of each project, by its id."""
        ...


def list_cost_rows(usage: "Usage") -> list[CostRow]:
    """Return a project's lines of the AWS bill, the most expensive first."""
    sums: dict[LineId, float] = {}
    for charge in charge_usage(usage):
        sums[charge.line] = sums.get(charge.line, 0.0) + charge.quantity
    lines = read_prices().lines
    rows = [
        CostRow(lines[name].service, lines[name].title, quantity, lines[name].unit, quantity * lines[name].unit_usd)
        for name, quantity in sums.items()
    ]
    return sorted(rows, key=lambda row: -row.usd)


def compute_aws_costs_usd(source: Metered, project_ids: "Iterable[str]") -> list[float | None]:
    """Return the AWS cost of each project before the free tier; None if the target does not report it."""
    usages = source.usage_by_project()
    if isinstance(usages, Missing):
        return [None for _ in project_ids]
    return [
        sum(charge.usd for charge in charge_usage(usages[project_id])) if project_id in usages else 0.0
        for project_id in project_ids
    ]


def list_function_rows(usage: "Usage") -> list["FunctionUsage"]:
    """Return the functions, the most used first."""
    return sorted(usage.functions, key=lambda row: -row.gb_seconds)


def list_call_rows(usage: "Usage") -> list[CallRow]:
    """Return the operations, the most called first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    errors: Counter[tuple[str, str, str]] = Counter()
    for row in usage.calls:
        key = (row.service, row.operation, row.function or row.caller)
        counts[key] += row.calls
        errors[key] += sum(row.errors.values())
    return [CallRow(*key, number, errors[key]) for key, number in counts.most_common()]


def list_token_rows(events: "Sequence[TimelineEvent]", model: "Model", day: date) -> list[TokenRow]:
    """Return the agents that asked the model, in the order of their first calls."""
    tokens_by_agent: dict[str, TokenUsage] = {}
    for event in events:
        if event.tokens.calls:
            tokens_by_agent[event.agent] = (
                tokens_by_agent[event.agent] + event.tokens if event.agent in tokens_by_agent else event.tokens
            )
    return [
        TokenRow(
            agent,
            tokens.calls,
            tokens.prompt_tokens,
            tokens.output_tokens,
            model.compute_cost_usd(tokens.prompt_tokens, tokens.output_tokens, day),
        )
        for agent, tokens in tokens_by_agent.items()
    ]
