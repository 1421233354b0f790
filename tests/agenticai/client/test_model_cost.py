"""The model's cost: by its name, tokens and date; nothing for stored replies."""

from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.model_cost import Model, Price, Prices, find_model, read_prices
from agenticai.emulator.core.bench_records import ModelUse
from agenticai.stack.template import TEMPLATE, Template

if TYPE_CHECKING:
    from agenticai.emulator.client import ControlClient
    from agenticai.stack.outputs import StackOutputs
    from agenticai.stack.target import Target

DAY = date(2026, 11, 1)
LIVE = Model("gemini-3.5-flash-lite", "live")


def test_tokens_are_priced_by_the_million() -> None:
    assert LIVE.compute_cost_usd(1_000_000, 0, DAY) == pytest.approx(0.30)
    assert LIVE.compute_cost_usd(10_000, 2_000, DAY) == pytest.approx(0.008)


def test_stored_replies_cost_nothing_and_an_unknown_model_is_not_guessed() -> None:
    assert Model("gemini-3.5-flash-lite", "stored").compute_cost_usd(1_000_000, 1_000_000, DAY) == 0
    assert Model("some-other", "live").compute_cost_usd(1, 1, DAY) is None


def test_a_price_holds_through_its_last_day() -> None:
    table = Prices(
        source="s",
        read=DAY,
        models={"m": (Price(input=1, output=2, until=date(2026, 12, 31)), Price(input=3, output=4))},
    )
    assert [table.find_price("m", day) for day in (date(2026, 12, 31), date(2027, 1, 1))] == list(table.models["m"])
    ended = Prices(source="s", read=DAY, models={"m": table.models["m"][:1]})
    assert ended.find_price("m", date(2027, 1, 1)) is None


def test_the_file_prices_the_stacks_own_model_and_says_where_and_when_it_was_read() -> None:
    known = read_prices()
    assert known.source.startswith("https://ai.google.dev/")
    assert known.read >= date(2026, 10, 1)
    default = Template.load(TEMPLATE).document["Parameters"]["GeminiModel"]["Default"]
    assert known.find_price(default, known.read)


class FakeTarget:
    """A target whose functions have these variables; dev may use another model."""

    def __init__(self, dev: str = "", **variables: str) -> None:
        self._variables = variables
        self._dev = dev

    def client(self, service: str) -> "FakeTarget":
        assert service == "lambda"
        return self

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        own = {"GEMINI_MODEL": self._dev} if self._dev and FunctionName == "dev-function" else {}
        return {"Environment": {"Variables": self._variables | own}}


OUTPUTS = cast("StackOutputs", SimpleNamespace(function_names={"pm": "pm-function", "dev": "dev-function"}))
STORED = cast("ControlClient", SimpleNamespace(model=lambda: ModelUse(answers="stored", models=())))


def test_the_model_is_that_of_the_functions_and_the_engine_says_who_answers() -> None:
    target = cast("Target", FakeTarget(GEMINI_MODEL="m"))
    assert find_model(target, OUTPUTS, STORED) == Model("m", "stored")
    assert find_model(target, OUTPUTS, None) == Model("m", "live")


def test_two_models_are_both_named_and_have_no_price_together() -> None:
    target = cast("Target", FakeTarget(GEMINI_MODEL="gemini-3.5-flash-lite", dev="larger"))
    model = find_model(target, OUTPUTS, None)
    assert (model.name, model.names) == ("gemini-3.5-flash-lite", "gemini-3.5-flash-lite and larger")
    assert model.compute_cost_usd(1000, 1000, DAY) is None


def test_a_model_of_ones_own_stands_for_all() -> None:
    target = cast("Target", FakeTarget(GEMINI_MODEL="m", dev="larger"))
    use = ModelUse(answers="compatible", served="qwen", models=())
    served = cast("ControlClient", SimpleNamespace(model=lambda: use))
    assert find_model(target, OUTPUTS, served) == Model("qwen", "compatible")


def test_who_answers_at_an_endpoint_without_a_control_api_is_not_known_nor_what_it_costs() -> None:
    target = cast(
        "Target", FakeTarget(GEMINI_MODEL="gemini-3.5-flash-lite", GEMINI_ENDPOINT="http://127.0.0.1:1/_gemini")
    )
    model = find_model(target, OUTPUTS, None)
    assert (model.answers, model.live, model.compute_cost_usd(1000, 1000, DAY)) == (None, False, None)
