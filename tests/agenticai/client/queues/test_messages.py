"""Messages that SQS shows only to receivers are received once, and again if they may have changed."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

import pytest

from agenticai.client.queues.messages import KeptMessages, SqsMessages
from agenticai.client.queues.model import Depth
from agenticai.emulator.core.bench_records import MessagePage, ReceivedMessage

THEN, LATER = datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)


class Received:
    """Queues with a number of messages, which count how often they are read."""

    def __init__(self) -> None:
        self.looks = 0
        self.number = 3
        self.taken: list[str] = []

    def now(self) -> datetime:
        return LATER

    def depth(self, queue: str) -> Depth:
        return Depth(self.number, 0, 0)

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        self.looks += 1
        return MessagePage(messages=(), next=None, total=self.number, oldest=None, now=THEN)

    def receive(self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = 30) -> tuple[ReceivedMessage, ...]:
        self.taken += ids
        return ()


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def kept(received: Received) -> KeptMessages:
    return KeptMessages(cast("SqsMessages", received))


def test_a_second_look_receives_nothing_and_tells_the_time(received: Received, kept: KeptMessages) -> None:
    assert kept.messages("dlq").now == THEN
    again = kept.messages("dlq")
    assert (again.total, again.now, received.looks) == (3, LATER, 1)


def test_other_queues_and_longer_pages_are_looks_of_their_own(received: Received, kept: KeptMessages) -> None:
    kept.messages("dlq")
    kept.messages("other")
    kept.messages("dlq", limit=500)
    assert received.looks == 3


def test_another_number_of_messages_an_act_and_a_wish_bring_a_new_look(received: Received, kept: KeptMessages) -> None:
    kept.messages("dlq")
    received.number = 2
    assert kept.messages("dlq").total == 2
    kept.receive("dlq", ["m1"])
    kept.messages("dlq")
    kept.forget("dlq")
    kept.messages("dlq")
    assert (received.looks, received.taken) == (4, ["m1"])
