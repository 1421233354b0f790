"""The content of queues, and how much of a long queue is examined."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from agenticai.emulator.engines.ministack.backlog import LONG, Backlog
from agenticai.emulator.http.aws_errors import Refused


class Sqs(SimpleNamespace):
    """MiniStack's SQS, as far as a backlog needs it; `looked` counts the messages that its functions examined."""

    def __init__(self) -> None:
        super().__init__(_queues=SimpleNamespace(_data={}), _HANDLERS={"SendMessage": self.send})
        self.looked: list[tuple[str, int]] = []
        for name in ("collect_msgs", "dlq_sweep", "expire_retained"):
            setattr(self, f"_{name}", lambda queue, *rest, name=name: self.look(name, queue, *rest))

    def look(self, name: str, queue: dict[str, Any], *rest: int) -> list[Any]:
        self.looked.append((name, len(queue["messages"])))
        return list(queue["messages"])[: rest[0] if rest else None]

    def queue(self, name: str, *messages: dict[str, Any], fifo: bool = False) -> dict[str, Any]:
        made = {"messages": list(messages), "is_fifo": fifo, "attributes": {}}
        self._queues._data[name] = made
        return made

    def send(self, asked: dict[str, Any], url: str) -> dict[str, Any]:
        self._queues._data[url]["messages"].append(message(asked["MessageBody"]))
        return {}


def message(body: str = "x", *, visible_in: float = 0, received: int = 0) -> dict[str, Any]:
    return {"body": body, "visible_at": time.time() + visible_in, "receive_count": received}


@pytest.fixture
def sqs() -> Sqs:
    return Sqs()


def send(sqs: Sqs, body: str, queue: str = "q") -> None:
    sqs._HANDLERS["SendMessage"]({"MessageBody": body}, queue)


def test_all_queues_together_hold_so_many_messages(sqs: Sqs) -> None:
    Backlog(sqs, messages_kept=3)
    first, second = sqs.queue("q"), sqs.queue("other", message())
    send(sqs, "1")
    send(sqs, "2")
    with pytest.raises(Refused, match="OverLimit: The engine's queues hold at most 3 messages"):
        send(sqs, "3")
    second["messages"].clear()
    send(sqs, "3")
    assert [kept["body"] for kept in first["messages"]] == ["1", "2", "3"]


def test_and_so_many_bytes(sqs: Sqs) -> None:
    Backlog(sqs, bytes_kept=10)
    queue = sqs.queue("q")
    send(sqs, "x" * 6)
    with pytest.raises(Refused, match="OverLimit"):
        send(sqs, "x" * 5)
    send(sqs, "x" * 4)
    queue["messages"].pop(0)
    send(sqs, "x" * 6)
    assert len(queue["messages"]) == 2


def test_a_receive_looks_no_further_than_it_takes(sqs: Sqs) -> None:
    Backlog(sqs)
    hidden, visible = message(visible_in=60, received=1), [message(str(number)) for number in range(5)]
    queue = sqs.queue("q", hidden, *visible)
    assert sqs._collect_msgs(queue, 2, 30) == visible[:2]
    assert sqs.looked == [("collect_msgs", 2)]


def test_of_a_fifo_queue_it_looks_at_all(sqs: Sqs) -> None:
    Backlog(sqs)
    sqs._collect_msgs(sqs.queue("q.fifo", message(), message(visible_in=60), fifo=True), 1, 30)
    assert sqs.looked == [("collect_msgs", 2)]


def test_a_queue_is_swept_when_a_message_has_come_back(sqs: Sqs) -> None:
    Backlog(sqs)
    queue = sqs.queue("q", message(), message(visible_in=60, received=1))
    sqs._dlq_sweep(queue)
    assert sqs.looked == []
    queue["messages"].append(message(received=1))
    sqs._dlq_sweep(queue)
    assert sqs.looked == [("dlq_sweep", 3)]


def test_a_long_queue_is_looked_through_for_old_messages_once_a_second(
    sqs: Sqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    Backlog(sqs)
    now = time.time()
    queue = sqs.queue("q", *[message()] * LONG)
    for moment in (now, now + 0.5, now + 1.5, now + 1.6, now + 90_000):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        sqs._expire_retained(queue)
    assert len(sqs.looked) == 3


def test_a_short_one_at_every_receive(sqs: Sqs) -> None:
    Backlog(sqs)
    queue = sqs.queue("q", message())
    for _ in range(3):
        sqs._expire_retained(queue)
    assert len(sqs.looked) == 3
