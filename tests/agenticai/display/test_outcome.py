"""The end of a project and its cost, in words."""

from datetime import date

from agenticai.client.model_cost import Model
from agenticai.display.console import join_text
from agenticai.display.outcome import CHANGE_REVERTED, describe_cost, describe_model, describe_use, list_reasons
from agenticai.emulator.core.bench_records import ModelCalls, ModelUse
from shared.models.project import Failure, TokenUsage
from shared.models.workflow import ProjectStatus
from tests.agenticai.client.test_api import PROJECT

DAY = date(2026, 11, 1)
LIVE, STORED = Model("gemini-3.5-flash-lite", "live"), Model("gemini-3.5-flash-lite", "stored")
OTHER = Model("some-[other]", "live")
TOKENS = TokenUsage(calls=2, prompt_tokens=10_000, output_tokens=2_000)
MISS = Failure(step="pm", reason="No stored reply fits.\nIt is kept in [a].\nWrite \x1b[31mit.")


def test_a_project_that_went_well_has_no_reason() -> None:
    assert list(list_reasons(PROJECT)) == []


def test_a_reason_is_told_line_by_line_and_as_text() -> None:
    failed = PROJECT.model_copy(update={"status": ProjectStatus.FAILED, "failure": MISS})
    told = [join_text(line).plain for line in list_reasons(failed)]
    assert told == ["No stored reply fits.", "It is kept in [a].", "Write \\x1b[31mit."]


def test_a_change_that_failed_says_that_the_project_is_as_it_was() -> None:
    finished = PROJECT.model_copy(update={"status": ProjectStatus.COMPLETED, "failure": MISS})
    first, *rest = list_reasons(finished)
    assert join_text(first).plain == CHANGE_REVERTED
    assert len(rest) == 3


def test_a_projects_calls_are_priced() -> None:
    assert (
        "2 model calls, 10,000 tokens in, 2,000 out: $0.0080 at the prices of "
        in join_text(describe_cost(TOKENS, LIVE, DAY)).plain
    )
    assert "stored replies, which cost nothing" in join_text(describe_cost(TOKENS, STORED, DAY)).plain
    assert "no price is known for some-[other]" in join_text(describe_cost(TOKENS, OTHER, DAY)).plain
    assert "1 model call," in join_text(describe_cost(TokenUsage(calls=1), LIVE, DAY)).plain


def test_the_use_of_an_engine_is_that_of_all_its_models() -> None:
    use = ModelUse(
        answers="live",
        models=(
            ModelCalls(model="gemini-3.5-flash", calls=1, prompt_tokens=1000, output_tokens=100),
            ModelCalls(model="gemini-3.5-flash-lite", calls=3, errors=1, prompt_tokens=10_000, output_tokens=2_000),
        ),
    )
    told = describe_use(use, DAY)
    assert told.startswith("live so far: 4 model calls, 11,000 tokens in, 2,100 out, 1 of them failed: $0.0104 at ")
    assert told.endswith("gemini-3.5-flash, gemini-3.5-flash-lite")
    unknown = ModelUse(answers="live", models=(*use.models, ModelCalls(model="new", calls=1)))
    assert "no price is known for gemini-3.5-flash, gemini-3.5-flash-lite, new" in describe_use(unknown, DAY)
    nothing = describe_use(ModelUse(answers="live", models=()), DAY)
    assert nothing.startswith("live so far: 0 model calls, 0 tokens in, 0 out: $0.0000")


def test_up_says_which_model_is_asked_and_what_it_charges() -> None:
    assert "$0.30 in and $2.50 out for a million tokens" in describe_model(LIVE, DAY)
    assert "live" in describe_model(LIVE, DAY)
    assert "gemini-3.5-flash-lite" in describe_model(LIVE, DAY)
    assert "its price is not known here: see https://" in describe_model(OTHER, DAY)
    assert describe_model(STORED, DAY).plain.startswith("stored replies only")
