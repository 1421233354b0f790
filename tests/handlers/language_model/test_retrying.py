"""Retrying an unavailable model: how often, after which delay, and when not."""

import pytest
from pydantic import ValidationError

from shared.composition import ModelSettings, make_adapter
from shared.language_model.google_genai import GoogleGenaiModel
from shared.language_model.google_generativeai import GoogleGenerativeaiModel
from shared.language_model.port import (
    FinishReason,
    ModelQuotaSpent,
    ModelUnavailable,
    ModelUnusable,
    Prompt,
    get_call_seconds,
)
from shared.language_model.retrying import RetryingModel
from shared.models.errors import AgentError
from tests.fakes.model import Answer, ScriptedModel, said

PROMPT = Prompt("system", "text")
MAX_ATTEMPTS = 5


class Clock:
    """Time that passes only by waiting."""

    def __init__(self, seconds: float = 900.0) -> None:
        self.left = seconds
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.left -= seconds

    def remaining(self) -> float:
        return self.left


def ask(clock: Clock, *answers: Answer, chance: float = 1.0) -> tuple[Answer, int]:
    """Return the result of asking, and the number of attempts."""
    script = iter(answers)
    inner = ScriptedModel(lambda prompt: next(script))
    try:
        return RetryingModel(inner, clock.wait, lambda: chance).generate(PROMPT, clock.remaining), len(inner.prompts)
    except AgentError as failure:
        return failure, len(inner.prompts)


def test_a_good_reply_is_not_asked_for_again() -> None:
    clock = Clock()
    assert ask(clock, said("Hi")) == (said("Hi"), 1)
    assert clock.waited == []


@pytest.mark.parametrize("finish", FinishReason)
def test_what_was_said_is_the_agents_to_judge(finish: FinishReason) -> None:
    assert ask(Clock(), said("", finish)) == (said("", finish), 1)


def test_a_hiccup_is_waited_out_longer_each_time_with_jitter() -> None:
    clock = Clock()
    hiccups = [ModelUnavailable("overloaded") for _ in range(3)]
    assert ask(clock, *hiccups, said("Hi"), chance=0.5) == (said("Hi"), 4)
    assert clock.waited == [1.0, 2.0, 4.0]


def test_the_delay_that_the_model_asks_for_is_kept() -> None:
    clock = Clock()
    assert ask(clock, ModelUnavailable("throttled", after=36.5), said("Hi")) == (said("Hi"), 2)
    assert clock.waited == [36.5]


def test_the_last_failure_is_the_outcome() -> None:
    clock = Clock()
    failures = [ModelUnavailable(f"failure {n}") for n in range(MAX_ATTEMPTS)]
    assert ask(clock, *failures) == (failures[-1], MAX_ATTEMPTS)
    assert len(clock.waited) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("failure", [ModelQuotaSpent("spent", after=3600), ModelUnusable("bad key")])
def test_what_no_short_wait_can_help_is_not_asked_again(failure: AgentError) -> None:
    assert ask(Clock(), failure) == (failure, 1)


def test_nothing_is_waited_for_that_would_leave_no_time() -> None:
    for clock, after in ((Clock(54.9), 10.0), (Clock(900.0), 70.5)):
        failure = ModelUnavailable("throttled", after=after)
        assert ask(clock, failure) == (failure, 1)
        assert clock.waited == []
    assert ask(Clock(55.0), ModelUnavailable("throttled", after=10.0), said("Hi")) == (said("Hi"), 2)
    assert ask(Clock(900.0), ModelUnavailable("throttled", after=70.0), said("Hi")) == (said("Hi"), 2)
    assert ask(Clock(900.0), ModelUnavailable("throttled", after=0.0), said("Hi")) == (said("Hi"), 2)


@pytest.mark.parametrize(
    ("named", "kind"),
    [({}, GoogleGenaiModel), ({"model_adapter": "google-generativeai"}, GoogleGenerativeaiModel)],
)
def test_the_settings_name_the_adapter(named: dict[str, str], kind: type) -> None:
    settings = ModelSettings.model_validate({"gemini_api_key_parameter": "/p", "gemini_model": "m", **named})
    assert type(make_adapter(settings, "key")) is kind


def test_an_adapter_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="'google-genai' or 'google-generativeai'"):
        ModelSettings.model_validate({"gemini_api_key_parameter": "/p", "gemini_model": "m", "model_adapter": "x"})


@pytest.mark.parametrize(("remaining", "seconds"), [(400.0, 300.0), (100.0, 85.0), (15.5, 0.5)])
def test_one_call_takes_what_is_left_but_for_the_end_and_five_minutes_at_most(remaining: float, seconds: float) -> None:
    assert get_call_seconds(lambda: remaining) == seconds


@pytest.mark.parametrize("remaining", [15.0, 0.0])
def test_without_time_left_nothing_is_asked(remaining: float) -> None:
    with pytest.raises(ModelUnavailable, match=r"^no time is left to ask the model$"):
        get_call_seconds(lambda: remaining)


def test_a_backoff_grows_to_the_longest_wait() -> None:
    clock = Clock()
    ask(clock, *[ModelUnavailable("overloaded")] * MAX_ATTEMPTS, chance=5.0)
    assert clock.waited == [10.0, 20.0, 40.0], "80 seconds would be longer than what is waited for"
