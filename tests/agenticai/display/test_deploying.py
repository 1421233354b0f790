"""A deployment's changes, and the result of each resource, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agenticai.display.console import Display
from agenticai.display.deploying import ShownEvents, describe_idle_cost, describe_kept, explain_change, list_changes
from agenticai.stack.changes import Change, ChangeSet
from agenticai.stack.events import StackEvent

QUEUE = "AWS::SQS::Queue"
START = datetime(2026, 11, 1, tzinfo=UTC)


def change(action: str, logical_id: str = "Inbox", replacement: str = "", **more: Any) -> Change:
    return Change(action, logical_id, QUEUE, replacement, **more)


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        (change("Add"), ""),
        (change("Modify", replacement="False"), ""),
        (change("Modify", replacement="True"), "replaced; what is in it is lost"),
        (
            change("Modify", replacement="True", causes=("QueueName",), keeps=True),
            "replaced because of QueueName; the old one stays, outside of the stack",
        ),
        (
            change("Modify", replacement="Conditional", causes=("A", "B")),
            "may be replaced because of A, B; what is in it is lost",
        ),
        (change("Remove"), "what is in it is lost"),
        (change("Remove", keeps=True), "the old one stays, outside of the stack"),
    ],
)
def test_a_change_says_what_it_takes(planned: Change, said: str) -> None:
    assert explain_change(planned) == said


def shown(capsys: pytest.CaptureFixture[str], change_set: ChangeSet) -> list[list[str]]:
    Display().show(list_changes(change_set))
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_what_is_replaced_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    changes = (change("Add", "A"), change("Modify", "B", "False"), change("Modify", "C", "True"))
    _, *rows = shown(capsys, ChangeSet("arn", "id", creates=False, changes=changes))
    assert [row[1] for row in rows] == ["C", "A", "B"]


def test_a_new_stack_is_told_by_its_types(capsys: pytest.CaptureFixture[str]) -> None:
    _, *rows = shown(capsys, ChangeSet("arn", "id", creates=True, changes=(change("Add", "A"), change("Add", "B"))))
    assert rows == [["2", QUEUE]]


def test_parameters_that_are_kept_are_named() -> None:
    assert describe_kept(ChangeSet("arn", "id", creates=False, changes=())) == ""
    kept = ChangeSet("arn", "id", creates=False, changes=(), kept={"LogLevel": "DEBUG", "ApiCanary": "true"})
    assert describe_kept(kept) == "Kept from before: ApiCanary=true, LogLevel=DEBUG"


def event(at: int, status: str, reason: str = "", logical_id: str = "Inbox") -> StackEvent:
    return StackEvent(f"{at}", START + timedelta(seconds=at), logical_id, QUEUE, status, reason, is_stack=False)


def test_each_resource_is_a_line_with_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    show = ShownEvents(Display())
    for one in (event(0, "CREATE_IN_PROGRESS"), event(1, "CREATE_IN_PROGRESS"), event(3, "CREATE_COMPLETE")):
        show(one)
    show(event(4, "UPDATE_IN_PROGRESS"))
    show(event(5, "UPDATE_FAILED", "no rights"))
    assert capsys.readouterr().out.splitlines() == [
        f"+ created  Inbox  {QUEUE}  3.0 s",
        f"✗ Inbox  {QUEUE}  no rights",
    ]


def test_an_idle_stack_costs_what_its_polling_does() -> None:
    assert "2,592,000 times a month: $0.64 beyond the free tier" in describe_idle_cost(4)
