"""The model is asked once for each question, and once more with the faults of its reply."""

import json

import pytest

from shared.language_model.asking import NoUsableReply, ask, ask_twice
from shared.language_model.port import Delivery, FinishReason, Prompt, Reply
from shared.models.project import TokenUsage
from tests.fakes.model import ScriptedModel, said
from tests.fakes.objects import InMemoryObjects

PROMPT = Prompt("system", "text")
TOKENS = TokenUsage(calls=1, prompt_tokens=10, output_tokens=10)


def test_a_reply_is_stored_before_it_is_read_and_not_asked_for_again() -> None:
    model, objects, delivery = ScriptedModel(lambda prompt: said("Hi")), InMemoryObjects(), Delivery(lambda: 60.0)
    replies = [ask(model, PROMPT, objects, "k", delivery) for _ in range(2)]
    assert replies == [said("Hi")] * 2
    assert model.prompts == [PROMPT]
    assert objects.types == {"k": "application/json"}
    assert objects.contents["k"].startswith(b'{\n "text": "Hi"')
    assert json.loads(objects.contents["k"])["finish_reason"] == "STOP"
    assert delivery.tokens == TOKENS + TOKENS, "those of a stored reply count too"


def test_the_model_has_the_time_that_the_delivery_has() -> None:
    left: list[float] = []

    class Timed:
        def generate(self, prompt: Prompt, remaining: object) -> Reply:
            assert callable(remaining)
            left.append(remaining())
            return said("Hi")

    ask(Timed(), PROMPT, InMemoryObjects(), "k", Delivery(lambda: 61.0))
    assert left == [61.0]


def turns(*answers: tuple[str | None, list[str]]) -> tuple[str | None, list[tuple[int, str]], list[str]]:
    """The answer, the turns with their prompts, and the reasons why there is none."""
    asked: list[tuple[int, str]] = []

    def reply_to(prompt: Prompt, turn: int) -> Reply:
        asked.append((turn, prompt.text))
        return said(str(turn))

    def correct(prompt: Prompt, reply: Reply, reasons: list[str]) -> Prompt:
        return Prompt(prompt.system, f"{prompt.text}, not {reply.text}: {reasons}")

    try:
        answer = ask_twice(PROMPT, reply_to, lambda reply: answers[int(reply.text) - 1], correct)
    except NoUsableReply as refusal:
        return None, asked, list(refusal.reasons)
    return answer, asked, []


def test_a_good_answer_is_asked_for_once() -> None:
    assert turns(("good", [])) == ("good", [(1, "text")], [])


@pytest.mark.parametrize("first", [("half", ["bad"]), (None, ["bad"])])
def test_a_bad_answer_is_corrected_once(first: tuple[str | None, list[str]]) -> None:
    assert turns(first, ("good", [])) == ("good", [(1, "text"), (2, "text, not 1: ['bad']")], [])


@pytest.mark.parametrize("second", [("half", ["worse", "worst"]), (None, ["worse", "worst"])])
def test_the_faults_of_the_last_answer_are_the_reasons(second: tuple[str | None, list[str]]) -> None:
    answer, asked, reasons = turns((None, ["bad"]), second, ("never asked for", []))
    assert (answer, len(asked), reasons) == (None, 2, ["worse", "worst"])


def test_what_cannot_be_used_says_all_reasons() -> None:
    assert str(NoUsableReply(["worse", "worst"])) == "worse; worst"


def test_an_answer_that_is_empty_is_one() -> None:
    assert turns(("", []))[0] == ""


def test_a_reply_has_no_detail_and_a_prompt_no_schema_unless_they_are_given() -> None:
    assert Reply("", FinishReason.STOP, TOKENS).detail == ""
    assert PROMPT.schema is None
    assert Delivery(lambda: 1.0).tokens == TokenUsage()
