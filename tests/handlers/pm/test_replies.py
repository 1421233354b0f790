"""Replies to planning prompts: read if they are one plan, and otherwise refused with the place of the fault."""

import json

import pytest

from pm_agent.agent import read_plan
from shared.language_model.port import FinishReason
from shared.models.errors import Terminal
from tests.fakes import replies
from tests.fakes.model import said

PLAN = json.dumps(replies.PLAN)


@pytest.mark.parametrize(
    "text",
    [
        PLAN,
        f"\ufeff{PLAN}\n",
        f"```json\n{PLAN}\n```",
        f"Here is the plan.\r\n\r\n```json\r\n{PLAN}\r\n```\r\nShall I go on?",
        f"A plan with {{curly}} braces: {PLAN}",
        PLAN.replace('"summary"', '"confidence": 0.9, "summary"'),
    ],
)
def test_a_plan_is_read(text: str) -> None:
    plan, reasons = read_plan(said(text), frozenset())
    assert reasons == []
    assert plan is not None
    assert [task.id for task in plan.tasks] == ["code", "tests", "readme"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the answer is empty"),
        ("I cannot plan this.", "there is no JSON object in the answer"),
        (PLAN[:200], "the JSON is cut off, line 1 column"),
        (PLAN[:-1] + ",}", "the JSON is broken: "),
        ('{"tasks": [], ' + PLAN[1:], "an object has more than one member 'tasks'"),
        (PLAN.replace('"title"', '"id": "other", "title"', 1), "an object has more than one member 'id'"),
        (PLAN + PLAN, "there is more JSON after the first"),
        (f"[{PLAN}]", "the plan: "),
        (json.dumps({"plan": replies.PLAN}), "tasks: Field required"),
        ('{"tasks": ' * 100_000, "the JSON is nested too deeply"),
        (PLAN.replace("[]", "NaN", 1), "NaN is not JSON"),
        (PLAN.replace('"create"', '"write"', 1), "tasks.0.files.0.action: Input should be 'create', 'modify' or"),
        (PLAN.replace("The library", "\\ud800"), "tasks.0.title: "),
        (
            PLAN.replace('"greet.py"', '"g\\ud800.py"'),
            "path 'g\\ud800.py' has a control, format or unassigned character",
        ),
    ],
)
def test_what_is_no_plan_is_refused_with_the_reason(text: str, reason: str) -> None:
    _, reasons = read_plan(said(text), frozenset())
    assert any(told.startswith(reason) for told in reasons), reasons


@pytest.mark.parametrize("finish", [FinishReason.MAX_TOKENS, FinishReason.OTHER])
def test_a_reply_that_was_cut_off_is_not_read_even_if_it_is_a_plan(finish: FinishReason) -> None:
    plan, (reason,) = read_plan(said(PLAN, finish), frozenset())
    assert plan is None
    assert "cut off" in reason


def test_a_blocked_reply_is_for_a_person_to_act_on() -> None:
    with pytest.raises(Terminal, match="word the requirements differently"):
        read_plan(said("", FinishReason.BLOCKED), frozenset())


def test_of_many_faults_the_model_is_told_twenty() -> None:
    wrong = [{"id": "t"}] * 5
    _, reasons = read_plan(said(json.dumps({"summary": "s", "tasks": wrong})), frozenset())
    assert len(reasons) == 20
