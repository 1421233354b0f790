"""What the model is asked when its plan cannot be carried out."""

from pm_agent.questions import correction
from shared.language_model.port import FinishReason, Prompt, Reply
from shared.models.plan import Plan
from shared.models.project import TokenUsage


def test_each_reason_has_a_line_and_the_question_is_asked_again() -> None:
    asked = Prompt(system="Plan.", text="A game of chess.", schema={})
    again = correction(asked, Reply("{no plan}", FinishReason.STOP, TokenUsage(), "STOP"), ["too long", "too deep"])
    assert "\n- too long\n- too deep\n" in again.text
    assert "A game of chess." in again.text
    assert "{no plan}" in again.text
    assert again.schema == Plan.model_json_schema()
