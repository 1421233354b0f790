"""The history of queues' depths: every change, including those caused by time alone, within its limits."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from agenticai.emulator.queues.depths import Depths, WatchedLock


class Queue:
    """A queue with messages as in MiniStack, and a clock that its test sets."""

    def __init__(self, kept: int = 100) -> None:
        self.now = 0.0
        self.messages: list[dict[str, Any]] = []
        self.depths = Depths(lambda: self.now, kept)

    def look(self) -> None:
        self.depths.look([("q", self.messages)])

    def send(self, message_id: str, delay: float = 0) -> None:
        self.messages.append({"id": message_id, "visible_at": self.now + delay, "receive_count": 0})
        self.look()

    def receive(self, index: int, timeout: float) -> None:
        self.messages[index].update(visible_at=self.now + timeout, receive_count=1)
        self.depths.touch("q", received=1)
        self.look()

    def delete(self, index: int) -> None:
        del self.messages[index]
        self.depths.touch("q", deleted=1)
        self.look()

    def seen(self, since: int = 0) -> list[tuple[float, int, int, int]]:
        """Return the times, and the numbers of visible, in-flight and delayed messages from then on."""
        changes = self.depths.history(since).changes
        return [(change.at.timestamp(), change.visible, change.in_flight, change.delayed) for change in changes]


def test_a_message_from_its_send_to_its_deletion() -> None:
    queue = Queue()
    queue.send("a")
    queue.now = 1
    queue.receive(0, timeout=30)
    queue.now = 2
    queue.delete(0)
    assert queue.seen() == [(0, 1, 0, 0), (1, 0, 1, 0), (2, 0, 0, 0)]


def test_what_becomes_visible_by_itself_did_so_when_its_time_had_come() -> None:
    queue = Queue()
    queue.send("late", delay=10)
    queue.send("a")
    queue.receive(1, timeout=5)
    queue.now = 100
    queue.look()
    assert queue.seen(since=2) == [(0, 0, 1, 1), (5, 1, 0, 1), (10, 2, 0, 0)]


def test_what_comes_back_before_its_time_does_not_come_back_again() -> None:
    queue = Queue()
    queue.send("a")
    queue.receive(0, timeout=30)
    queue.now = 1
    queue.messages[0]["visible_at"] = queue.now
    queue.depths.touch("q")
    queue.look()
    queue.now = 60
    queue.look()
    assert queue.seen() == [(0, 1, 0, 0), (0, 0, 1, 0), (1, 1, 0, 0)]


def test_receives_and_deletions_are_counted_at_the_moment_at_which_they_were_made() -> None:
    queue = Queue()
    queue.send("a")
    queue.send("b")
    queue.receive(0, timeout=5)
    queue.now = 9
    queue.delete(0)
    counted = [(change.at.timestamp(), change.received, change.deleted) for change in queue.depths.history(2).changes]
    assert counted == [(0, 1, 0), (5, 1, 0), (9, 1, 1)]


def test_a_purge_and_the_end_of_a_queue() -> None:
    queue = Queue()
    queue.send("a")
    queue.messages.clear()
    queue.look()
    queue.send("b")
    queue.depths.look([])
    assert [state[1] for state in queue.seen()] == [1, 0, 1, 0]


def test_a_reader_gets_what_is_new_and_hears_of_what_is_lost() -> None:
    queue = Queue(kept=3)
    for name in "abcde":
        queue.send(name)
    history = queue.depths.history(since=1)
    assert ([change.visible for change in history.changes], history.next, history.lost) == ([3, 4, 5], 5, True)
    assert queue.depths.history(since=4).changes[0].visible == 5
    assert not queue.depths.history(since=4).lost
    assert (queue.depths.history(since=5).changes, queue.depths.history(since=5).next) == ((), 5)


def test_a_long_history_comes_in_pages() -> None:
    queue = Queue()
    for name in "abcde":
        queue.send(name)
    first = queue.depths.history(limit=2)
    assert (first.next, first.more) == (2, True)
    assert not queue.depths.history(first.next).more
    assert first.now == datetime.fromtimestamp(0, UTC)


def test_a_lock_looks_when_its_holder_lets_go_for_good() -> None:
    looks: list[bool] = []
    lock = WatchedLock(lambda: looks.append(True))
    with lock, lock:
        assert looks == []
    assert looks == [True]


def test_a_look_that_fails_leaves_no_lock_behind() -> None:
    def failing() -> None:
        raise ValueError("no")

    lock = WatchedLock(failing)
    with pytest.raises(ValueError, match="no"), lock:
        pass
    other = threading.Thread(target=lock._lock.acquire)
    other.start()
    other.join(10)
    assert not other.is_alive()


def test_every_queue_is_told_as_it_was_last_seen() -> None:
    queue = Queue()
    queue.send("a")
    queue.send("late", delay=10)
    queue.receive(0, timeout=5)
    assert queue.depths.now() == {"q": (0, 1, 1)}


def test_moments_tell_the_oldest_message_that_was_not_received_often() -> None:
    queue = Queue()
    queue.messages += [
        {"id": "poison", "sent_at": 1.0, "visible_at": 1, "receive_count": 4},
        {"id": "old", "sent_at": 2.0, "visible_at": 2, "receive_count": 3},
        {"id": "new", "sent_at": 3.0, "visible_at": 3, "receive_count": 0},
    ]
    queue.now = 3
    queue.look()
    queue.now = 4
    queue.delete(1)
    moments, last = queue.depths.moments()
    assert [(moment.at, moment.visible, moment.oldest) for moment in moments] == [(3, 3, 2.0), (4, 2, 3.0)]
    assert queue.depths.moments(last) == ([], last)
    queue.now = 5
    queue.depths.look([])
    [gone], _ = queue.depths.moments(last)
    assert (gone.queue, gone.visible, gone.oldest) == ("q", 0, None)


def test_moments_that_were_forgotten_are_left_out() -> None:
    queue = Queue(kept=1)
    queue.send("a")
    queue.send("b")
    moments, last = queue.depths.moments()
    assert ([moment.visible for moment in moments], last) == ([2], 2)
