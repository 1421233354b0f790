"""The outcome of a project in the output of commands, with its stack's language model."""

from collections.abc import Iterator
from datetime import UTC, datetime

from agenticai.client.model_cost import Model, model_of
from agenticai.commands.stack import Stack, open_stack
from agenticai.display import outcome as show
from agenticai.display import tables
from agenticai.display.console import TextPart
from shared.models.views import ProjectView


def model_at(endpoint: str, stage: str) -> Model:
    """Return the model of the stack at an endpoint."""
    with open_stack(Stack(endpoint, stage, as_json=False)) as (bench, control):
        return model_of(bench.target, bench.outputs, control)


def outcome(project: ProjectView, model: Model) -> Iterator[TextPart]:
    """Yield a project on one line, why it failed, if it did, and the cost of the model."""
    yield tables.project_line(project)
    yield from show.reason(project)
    if project.tokens.calls:
        yield show.describe_cost(project.tokens, model, datetime.now(UTC).date())


def tell_outcome(model: Model, project: ProjectView) -> dict[str, object]:
    """Return the model and the cost of a project as a JSON document; the cost is null if the price is unknown."""
    tokens = project.tokens
    cost = model.cost_usd(tokens.prompt_tokens, tokens.output_tokens, datetime.now(UTC).date())
    return {"name": model.name, "answers": model.answers, "cost_usd": cost}
