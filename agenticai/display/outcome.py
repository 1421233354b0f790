"""The end of a project in a terminal: why it or its last change failed, and the cost of the language model."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from agenticai.client.model_cost import Model, read_prices
from agenticai.display.console import TextPart, format_count, join_text
from agenticai.display.tables import format_project
from shared.models.workflow import ProjectStatus

if TYPE_CHECKING:
    from rich.text import Text

    from agenticai.emulator.core.bench_records import ModelUse
    from shared.models.project import TokenUsage
    from shared.models.views import ProjectView

CHANGE_REVERTED = "Its last change failed and was taken back; the project is as it was before."


def describe_outcome(project: "ProjectView", model: Model) -> Iterator[TextPart]:
    """Yield a project on one line, why it failed, if it did, and the cost of the model."""
    yield format_project(project)
    yield from list_reasons(project)
    if project.tokens.calls:
        yield describe_cost(project.tokens, model, datetime.now(UTC).date())


def make_document(project: "ProjectView", model: Model) -> dict[str, object]:
    """Return the model and the cost of a project as a JSON document; the cost is null if the price is unknown."""
    tokens = project.tokens
    cost = model.compute_cost_usd(tokens.prompt_tokens, tokens.output_tokens, datetime.now(UTC).date())
    return {"name": model.name, "answers": model.answers, "cost_usd": cost}


def list_reasons(project: "ProjectView") -> Iterator[TextPart]:
    """Yield why the project, or its last change, failed, one line each; nothing if all succeeded."""
    if project.failure is None:
        return
    if project.status is not ProjectStatus.FAILED:
        yield CHANGE_REVERTED, "yellow"
    yield from project.failure.reason.split("\n")


def describe_cost(tokens: "TokenUsage", model: Model, day: date) -> TextPart:
    """Describe the cost of a project's calls of the language model."""
    price = _format_price(model.compute_cost_usd(tokens.prompt_tokens, tokens.output_tokens, day), model.names)
    cost = "stored replies, which cost nothing" if model.answers in ("stored", "nearest") else price
    return f"{_describe_tokens(tokens.calls, tokens.prompt_tokens, tokens.output_tokens)}: {cost}", "dim"


def describe_use(use: "ModelUse", day: date) -> str:
    """Describe the cost of all calls since the engine started, and the models that answered them."""
    calls, prompt, output = (
        sum(getattr(usage, name) for usage in use.models) for name in ("calls", "prompt_tokens", "output_tokens")
    )
    costs = [
        Model(usage.model, use.answers).compute_cost_usd(usage.prompt_tokens, usage.output_tokens, day)
        for usage in use.models
    ]
    names = ", ".join(usage.model for usage in use.models) or "no model"
    known_costs = [cost for cost in costs if cost is not None]
    price = _format_price(sum(known_costs) if len(known_costs) == len(costs) else None, names)
    errors = sum(usage.errors for usage in use.models)
    failed = f", {errors} of them failed" if errors else ""
    return f"live so far: {_describe_tokens(calls, prompt, output)}{failed}: {price}"


def _describe_tokens(calls: int, prompt_tokens: int, output_tokens: int) -> str:
    return f"{format_count(calls, 'model call')}, {prompt_tokens:,} tokens in, {output_tokens:,} out"


def _format_price(dollars: float | None, model: str) -> str:
    if dollars is None:
        return f"no price is known for {model}"
    return f"${dollars:.4f} at the prices of {read_prices().read}, {model}"


def describe_model(model: Model, day: date) -> "Text":
    """Return the line of `up` that names the model and its prices."""
    if not model.asked:
        return join_text(
            "stored replies only; start with --live and a key to ask Gemini itself, or --model for another"
        )
    if not model.live:
        return join_text(("live", "yellow"), f": {model.names} is asked; what its server charges is not known here")
    price = model.find_price(day)
    charged = (
        f"${price.input:.2f} in and ${price.output:.2f} out for a million tokens, as of {read_prices().read}"
        if price
        else f"its price is not known here: see {read_prices().source}"
    )
    return join_text(("live", "yellow"), f": {model.names} is asked with your key; {charged}")
