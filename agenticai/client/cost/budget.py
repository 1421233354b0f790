"""A budget: limits for a month, a project or a line, read from a small YAML file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agenticai.client.cost.bill import Bill
from agenticai.client.cost.figures import format_dollars, format_quantity
from agenticai.client.cost.prices import Line, LineId, read_prices
from agenticai.client.errors import BudgetError


class Budget(BaseModel):
    """The limits; what is absent has no limit.

    The limits of a month are checked against the forecast for `projects` projects beyond the free tier; those of a
    project against what was measured, free tier not counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    projects: int | None = Field(default=None, ge=0, description="projects per month, for the forecast")
    month_usd: float | None = Field(default=None, ge=0, description="maximum US dollars per month")
    services: Mapping[str, float] = Field(default={}, description="maximum US dollars per month, by service")
    lines: Mapping[LineId, float] = Field(default={}, description="maximum quantity per month, by line")
    free_share: float | None = Field(
        default=None, gt=0, description="maximum share of any line's free allowance; 1 is all of it"
    )
    average_project_usd: float | None = Field(default=None, ge=0)
    any_project_usd: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _limits_something(self) -> "Budget":
        known = {line.service for line in read_prices().lines.values()}
        if unknown := sorted(self.services.keys() - known):
            raise ValueError(f"there is no service {unknown[0]}: name one of {', '.join(sorted(known))}")
        if not self.model_dump(exclude={"projects"}, exclude_defaults=True):
            raise ValueError(
                f"it limits nothing: give one of {', '.join(sorted({*Budget.model_fields} - {'projects'}))}"
            )
        return self


@dataclass(frozen=True)
class Overrun:
    """An exceeded limit, with a sentence that says by how much."""

    limit: str
    sentence: str


def read_budget(path: Path) -> Budget:
    """Read a budget from a file. Raises BudgetError."""
    try:
        return Budget.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except OSError as error:
        raise BudgetError(f"The budget {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BudgetError(f"The budget {path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first_error = error.errors()[0]
        location, message = ".".join(map(str, first_error["loc"])), first_error["msg"].removeprefix("Value error, ")
        raise BudgetError(f"The budget {path} is wrong{f' at {location}' if location else ''}: {message}.") from error


def find_overruns(budget: Budget, bill: Bill) -> tuple[Overrun, ...]:
    """Return every exceeded limit. Raises BudgetError if no project was measured."""
    if not bill.projects:
        raise BudgetError("No project was measured on this stack yet, so there is nothing to check against the budget.")
    return (*_check_month(budget, bill), *_check_lines(budget, bill), *_check_projects(budget, bill))


def _check_month(budget: Budget, bill: Bill) -> Iterator[Overrun]:
    month = f"a month of {bill.forecast_for:,} projects"
    if budget.month_usd is not None and bill.month_usd > budget.month_usd:
        spent = (
            f"{format_dollars(bill.month_usd)} beyond the free tier; the budget is {format_dollars(budget.month_usd)}"
        )
        yield Overrun("month_usd", f"{month.capitalize()} costs {spent}.")
    for service, limit in budget.services.items():
        usd = bill.by_service[service][1]
        if usd > limit:
            spent = (
                f"costs {format_dollars(usd)} beyond the free tier in {month}; the budget is {format_dollars(limit)}"
            )
            yield Overrun(f"services.{service}", f"The service {service} {spent}.")


def _check_lines(budget: Budget, bill: Bill) -> Iterator[Overrun]:
    for use in bill.lines:
        limit, share = budget.lines.get(use.id), use.month_share
        if limit is not None and use.month is None:
            raise BudgetError(f"The budget limits {use.id}, which cannot be measured: {use.missing}")
        beginning = f"A month of {bill.forecast_for:,} projects takes"
        if limit is not None and use.month is not None and use.month > limit:
            yield Overrun(
                f"lines.{use.id}",
                f"{beginning} {_format_amount(use.month, use.line)} of {use.id};"
                f" the budget is {_format_amount(limit, use.line)}.",
            )
        if budget.free_share is not None and share is not None and share > budget.free_share:
            portion = f"{share:.1%} of the free {_format_amount(use.line.free, use.line)} of {use.id}"
            yield Overrun("free_share", f"{beginning} {portion}; the budget is {budget.free_share:.1%}.")


def _check_projects(budget: Budget, bill: Bill) -> Iterator[Overrun]:
    average, limit = bill.project_usd, budget.average_project_usd
    if average is not None and limit is not None and average > limit:
        yield Overrun(
            "average_project_usd",
            f"The average project costs {format_dollars(average)}, free tier not counted;"
            f" the budget is {format_dollars(limit)}.",
        )
    for project in bill.projects:
        if budget.any_project_usd is not None and project.usd > budget.any_project_usd:
            yield Overrun(
                "any_project_usd",
                f"Project {project.project_id} cost {format_dollars(project.usd)}, free tier not counted; the budget is"
                f" {format_dollars(budget.any_project_usd)}.",
            )


def _format_amount(number: float, line: Line) -> str:
    return format_quantity(number, line.unit) if line.unit == "GB" else f"{format_quantity(number)} {line.unit}"
