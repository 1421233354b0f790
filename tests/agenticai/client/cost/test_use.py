"""A stack's usage is read with one request each time, and read again completely only from another engine."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.cost import use
from agenticai.client.cost.use import Stored, UseReader
from agenticai.emulator.core.usage_records import Usage, UsageByProject
from tests.agenticai.client.cost.uses import ONE, TWO, calls, lambda_use, usage

if TYPE_CHECKING:
    from agenticai.client.stack import DeployedStack
    from agenticai.emulator.client import ControlClient


class FakeStack:
    """A stack of four queues."""

    class outputs:  # noqa: N801 - stands for an attribute
        queue_urls = dict.fromkeys(("pm", "dev", "qa", "ops"), "")


class FakeControl:
    """Returns the projects that its test changed, and records the requests."""

    def __init__(self) -> None:
        self.book = "first"
        self.changed: list[tuple[int, Usage]] = []
        self.total = usage(None)
        self.asked: list[int] = []

    def change(self, used: Usage) -> None:
        self.changed.append((len(self.changed) + 1, used))

    def usage_by_project(self, since: int = 0) -> UsageByProject:
        self.asked.append(since)
        latest = tuple(used for number, used in self.changed if number > since)
        return UsageByProject(total=self.total, projects=latest, book=self.book, next=len(self.changed))


@pytest.fixture
def control() -> FakeControl:
    return FakeControl()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list with an entry for each reading of what is stored."""
    noted: list[Any] = []

    def stored(stack: Any) -> Stored:
        noted.append(stack)
        return Stored(len(noted), 0, 0)

    monkeypatch.setattr(use, "_measure_stored", stored)
    return noted


@pytest.fixture
def reader(control: FakeControl, looks: list[Any]) -> UseReader:
    return UseReader(cast("DeployedStack", FakeStack()), cast("ControlClient", control))


def test_a_later_look_asks_for_what_is_new_and_tells_all(reader: UseReader, control: FakeControl) -> None:
    first, second, later = usage(ONE, calls("s3", "PutObject", 1)), usage(TWO), usage(ONE, calls("s3", "PutObject", 2))
    control.change(first)
    control.change(second)
    assert reader.look().projects == (first, second)
    control.change(later)
    assert reader.look().projects == (later, second)
    assert reader.look().mappings == 4
    assert control.asked == [0, 0, 2, 2, 3]  # twice if what is stored was read, which is usage too


def test_another_engine_is_read_from_its_beginning(reader: UseReader, control: FakeControl) -> None:
    control.change(usage(ONE))
    reader.look()
    control.book, control.changed = "second", [(1, usage(TWO))]
    assert reader.look().projects == (usage(TWO),)
    assert control.asked[-1] == 0


def test_what_is_stored_is_looked_at_when_something_was_written(
    reader: UseReader, control: FakeControl, looks: list[Any]
) -> None:
    reader.look()
    control.total = usage(None, calls("s3", "GetObject", 5), calls("sqs", "SendMessage", 1))
    assert reader.look().stored == Stored(1, 0, 0)
    control.total = usage(None, calls("s3", "GetObject", 5), calls("s3", "DeleteObject", 1))
    assert reader.look().stored == Stored(2, 0, 0)
    control.total = usage(None, calls("s3", "DeleteObject", 1), functions=(lambda_use(1, 1),))
    assert reader.look().stored == Stored(3, 0, 0)
    assert len(looks) == 3
