"""The bill of a stack: the use of each line of the free tier, by function and project, and the forecast of a month."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agenticai.client.cost.charges import Charge, charge_usage, sum_quantities
from agenticai.client.cost.prices import GB, LINES, Line, LineId, read_prices
from agenticai.client.cost.use import CALLED, StackUse
from agenticai.emulator.core.usage_records import Usage

CLIENTS: Final = "clients"
"""Stands for all callers from outside, such as users of the API, and this bench."""


@dataclass(frozen=True)
class LineUse:
    """A line: its use until now, and its use in a month of projects.

    `used` is None if nothing measures it, for the reason in `missing`; `month` is also None if no project was measured.
    """

    id: LineId
    line: Line
    used: float | None
    month: float | None
    missing: str = ""

    @property
    def used_usd(self) -> float:
        """US dollars for what was used, free tier not counted."""
        return (self.used or 0) * self.line.unit_usd

    @property
    def used_share(self) -> float | None:
        """What was used, as a share of the month's allowance; None if there is no allowance."""
        return self.used / self.line.free if self.line.free and self.used is not None else None

    @property
    def month_share(self) -> float | None:
        """The month's use, as a share of its allowance; None if there is no allowance."""
        return self.month / self.line.free if self.line.free and self.month is not None else None

    @property
    def month_usd(self) -> float:
        """US dollars for the month's use beyond the allowance."""
        return self.line.price_beyond_free(self.month or 0)


@dataclass(frozen=True)
class ProjectCost:
    """What one project cost, free tier not counted."""

    project_id: str
    charges: tuple[Charge, ...]

    @property
    def usd(self) -> float:
        """The cost in US dollars."""
        return sum(charge.usd for charge in self.charges)


@dataclass(frozen=True)
class Bill:
    """What was used until now, and the forecast for a month of `forecast_for` projects like the measured ones."""

    forecast_for: int
    lines: tuple[LineUse, ...]
    charges: tuple[Charge, ...]
    """Everything that calls and invocations are billed for."""

    projects: tuple[ProjectCost, ...]
    """The measured projects, the most expensive first."""

    idle_receives: float
    """Empty receives a month of a stack that nobody uses."""

    @property
    def metered(self) -> bool:
        """Whether calls and invocations were counted; if not, their use is unknown."""
        return not all(line.missing for line in self.lines if line.id in CALLED)

    @property
    def used_usd(self) -> float:
        """US dollars for all calls and invocations, free tier not counted."""
        return sum(charge.usd for charge in self.charges)

    @property
    def month_usd(self) -> float:
        """US dollars for the month, beyond what is free."""
        return sum(line.month_usd for line in self.lines)

    @property
    def project_usd(self) -> float | None:
        """US dollars of the average project, free tier not counted."""
        return sum(project.usd for project in self.projects) / len(self.projects) if self.projects else None

    @property
    def unattributed_usd(self) -> float:
        """US dollars of what belongs to no project, such as lists, reads of queues, and cold starts."""
        return self.used_usd - sum(project.usd for project in self.projects)

    @property
    def by_service(self) -> Mapping[str, tuple[float, float]]:
        """US dollars of each service: until now, free tier not counted, and in the month beyond the free tier."""
        sums = {line.line.service: (0.0, 0.0) for line in self.lines}
        for charge in self.charges:
            service = read_prices().lines[charge.line].service
            sums[service] = sums[service][0] + charge.usd, 0.0
        for line in self.lines:
            used, month = sums[line.line.service]
            sums[line.line.service] = used, month + line.month_usd
        return sums

    @property
    def by_function(self) -> Mapping[str, float]:
        """US dollars of each function and its event source mapping, free tier not counted, the most expensive first."""
        sums: defaultdict[str, float] = defaultdict(float)
        for charge in self.charges:
            sums[charge.function or CLIENTS] += charge.usd
        return dict(sorted(sums.items(), key=lambda row: -row[1]))


@dataclass(frozen=True)
class MeasuredUse:
    """A stack's use in a form from which any number of bills can be computed."""

    charges: tuple[Charge, ...]
    projects: tuple[ProjectCost, ...]
    used: Mapping[LineId, float]
    averages: Mapping[LineId, float] | None
    """The average use of each line by a project; None if no project was measured."""

    fixed: Mapping[LineId, float]
    """The monthly use of some lines that does not depend on the number of projects."""

    missing: Mapping[LineId, str]
    """The lines whose use is unknown, each with the reason."""

    def bill(self, forecast_for: int) -> Bill:
        """Return the bill, with the forecast for `forecast_for` projects a month."""
        month = self._forecast_month(forecast_for)
        lines = tuple(_make_line(line, self.used, month, self.missing.get(line, "")) for line in LINES)
        return Bill(forecast_for, lines, self.charges, self.projects, self.fixed["sqs-requests"])

    def _forecast_month(self, number: int) -> Mapping[LineId, float] | None:
        if self.averages is None:
            return None if number else {line: self.fixed.get(line, 0.0) for line in LINES}
        return {line: self.averages[line] * number + self.fixed.get(line, 0.0) for line in LINES}


def measure_use(use: StackUse) -> MeasuredUse:
    """Prepare a stack's use for bills."""
    projects = [ProjectCost(str(p.project_id), charge_usage(p)) for p in use.projects if _was_worked_on(p)]
    charges = charge_usage(use.total)
    return MeasuredUse(
        charges=charges,
        projects=tuple(sorted(projects, key=lambda project: -project.usd)),
        used={**sum_quantities(charges), **_list_stored(use)},
        averages=_average_projects(use, projects),
        fixed={"sqs-requests": read_prices().count_idle_receives(use.mappings), "alarms": use.stored.alarms},
        missing=use.missing,
    )


def make_bill(use: StackUse, forecast_for: int) -> Bill:
    """Return the bill of a stack's use, with the forecast for `forecast_for` projects a month."""
    return measure_use(use).bill(forecast_for)


def _was_worked_on(usage: Usage) -> bool:
    """Return whether a message of the project was delivered, as requests may name projects that do not exist.

    LocalStack's deliveries are not metered: there, it is enough that a function other than the API's ran.
    """
    return any(row.caller == "event source mapping" for row in usage.calls) or len(usage.functions) > 1


def _list_stored(use: StackUse) -> dict[LineId, float]:
    return {
        "log-ingestion": use.stored.log_bytes / GB,
        "s3-storage": use.stored.object_bytes / GB,
        "dynamodb-storage": use.stored.table_bytes / GB,
        "dynamodb-backups": use.stored.backup_bytes / GB,
        "alarms": use.stored.alarms,
    }


def _average_projects(use: StackUse, projects: Sequence[ProjectCost]) -> Mapping[LineId, float] | None:
    if not projects:
        return None
    line_totals = dict(sum_quantities(charge for project in projects for charge in project.charges))
    line_totals.update(_list_stored(use))
    line_totals["alarms"] = 0.0  # does not depend on the number of projects
    return {line: line_totals[line] / len(projects) for line in LINES}


def _make_line(
    line: LineId, used: Mapping[LineId, float], month: Mapping[LineId, float] | None, missing: str
) -> LineUse:
    now = None if missing else used[line]
    return LineUse(line, read_prices().lines[line], now, month[line] if month else None, missing)


def explain_cost(project: ProjectCost, projects: Sequence[ProjectCost]) -> str:
    """Return a sentence with the largest part of a project's cost, compared with the average of all projects."""
    parts: defaultdict[tuple[LineId, str], float] = defaultdict(float)
    for charge in project.charges:
        parts[charge.line, charge.function or CLIENTS] += charge.usd
    if not project.usd:
        return "Nothing that it used is billed."
    (line, function), usd = max(parts.items(), key=lambda part: part[1])
    priced, quantity = read_prices().lines[line], _sum_used(project, line, function)
    average = sum(_sum_used(other, line, function) for other in projects) / len(projects)
    comparison = f", {quantity / average:.1f} times the average" if len(projects) > 1 else ""
    description = f"{priced.service} {priced.title} of {function}"
    return f"{usd / project.usd:.0%} of it is {description}: {quantity:,.4g}{comparison}."


def _sum_used(project: ProjectCost, line: LineId, function: str) -> float:
    name = function if function != CLIENTS else None
    return sum(charge.quantity for charge in project.charges if (charge.line, charge.function) == (line, name))
