"""What the language model costs: the tokens of one project, or of all, at the prices of one dated file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from agenticai.emulator.core.usage_records import Record

if TYPE_CHECKING:
    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.bench_records import Answers
    from agenticai.stack.outputs import StackOutputs
    from agenticai.stack.target import Target

PRICES: Final = Path(__file__).with_name("model_prices.yaml")
MILLION: Final = 1_000_000


class Price(Record):
    """US dollars per million tokens, valid through the day `until`."""

    input: float
    output: float
    until: date | None = None


class Prices(Record):
    """The prices of models, and where and when they were read."""

    source: str
    read: date
    models: Mapping[str, tuple[Price, ...]]

    def find_price(self, model: str, day: date) -> Price | None:
        """Return a model's price on a day; None if it is unknown."""
        return next((p for p in self.models.get(model, ()) if p.until is None or day <= p.until), None)


@cache
def read_prices(path: Path = PRICES) -> Prices:
    """Read the prices from the file."""
    return Prices.model_validate(yaml.safe_load(path.read_text("utf-8")))


@dataclass(frozen=True)
class Model:
    """The language model of a stack: its name, and the source of its replies; None if unknown.

    `dev_model` is the name of dev's model, if it differs from pm's.
    """

    name: str
    answers: "Answers | None"
    dev_model: str = ""

    @property
    def names(self) -> str:
        """The names of the models that the stack uses, in words."""
        return f"{self.name} and {self.dev_model}" if self.dev_model else self.name

    @property
    def live(self) -> bool:
        """Whether Gemini itself is asked, which costs money."""
        return self.answers == "live"

    @property
    def asked(self) -> bool:
        """Whether a model is asked, which takes time."""
        return self.answers in ("live", "compatible")

    def find_price(self, day: date) -> Price | None:
        """Return the price of its tokens; None if it is unknown, or if there are two models."""
        return None if self.dev_model else read_prices().find_price(self.name, day)

    def compute_cost_usd(self, prompt_tokens: int, output_tokens: int, day: date) -> float | None:
        """Return the price in US dollars without the free tier: 0 if no model is asked, None if it is unknown."""
        if self.answers in ("stored", "nearest"):
            return 0.0
        price = self.find_price(day) if self.asked else None
        return (prompt_tokens * price.input + output_tokens * price.output) / MILLION if price else None


def find_model(target: "Target", outputs: "StackOutputs", control: "ControlClient | None") -> Model:
    """Return the model that a stack's functions ask; it is live if they ask Google itself.

    For another endpoint, only the control API knows which model answers there.
    """
    pm, dev = (_read_variables(target, outputs.function_names[agent]) for agent in ("pm", "dev"))
    name, dev_name = pm.get("GEMINI_MODEL", "unknown"), dev.get("GEMINI_MODEL", "unknown")
    dev_model = dev_name if dev_name != name else ""
    if control:
        use = control.model()
        return Model(use.served, use.answers) if use.served else Model(name, use.answers, dev_model)
    return Model(name, None if pm.get("GEMINI_ENDPOINT") else "live", dev_model)


def _read_variables(target: "Target", function: str) -> Mapping[str, str]:
    configuration = target.client("lambda").get_function_configuration(FunctionName=function)
    return configuration.get("Environment", {}).get("Variables", {})
