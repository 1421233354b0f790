"""The dead letters that a command selects, and ambiguous selections that it refuses."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest

from agenticai.client.errors import SelectionError
from agenticai.commands.queues import Choice, resolve_ids

if TYPE_CHECKING:
    from agenticai.client.queues.stack_queues import StackQueues

IDS = (
    "348e63d6-6f1f-4687-bebc-88bc7f3c50ff",
    "348e63d6-0000-4687-bebc-88bc7f3c50ff",
    "09bcd6b7-3971-49e9-b62c-122d861ef7b3",
)


class Queues:
    """Counts how often the ids are read."""

    def __init__(self) -> None:
        self.read = 0

    def list_ids(self, agent: str) -> Iterator[str]:
        assert agent == "pm"
        self.read += 1
        return iter(IDS)


def chosen(*beginnings: str) -> tuple[list[str], int]:
    queues = Queues()
    return resolve_ids(cast("StackQueues", queues), "pm", beginnings), queues.read


def test_a_unique_beginning_is_enough_and_nothing_is_chosen_twice() -> None:
    assert chosen("09", "348e63d6-6", "09bcd6b7") == ([IDS[2], IDS[0]], 1)


def test_whole_ids_are_taken_as_they_are() -> None:
    gone = "ffffffff-6f1f-4687-bebc-88bc7f3c50ff"
    assert chosen(IDS[1], gone) == ([IDS[1], gone], 0)


@pytest.mark.parametrize(
    ("beginning", "said"), [("348", "2 dead letters begin with 348"), ("zz", "no dead letter begins with zz")]
)
def test_what_is_not_clear_is_refused(beginning: str, said: str) -> None:
    with pytest.raises(SelectionError, match=said):
        chosen(beginning)


@pytest.mark.parametrize("choice", [Choice((), False, None), Choice(("1",), True, None)])
def test_either_letters_are_named_or_all_are_meant(choice: Choice) -> None:
    with pytest.raises(SelectionError, match="--message ID, which is repeatable, or --all"):
        choice.check()


def test_a_rate_is_for_all() -> None:
    with pytest.raises(SelectionError, match="--rate is for --all"):
        Choice(("1",), False, 5).check()
    Choice((), True, 5).check()
    Choice(("1",), False, None).check()
