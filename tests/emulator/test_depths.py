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
        self.depths.record_changes([("q", self.messages)])

    def send(self, message_id: str, delay: float = 0) -> None:
        self.messages.append({"id": message_id, "visible_at": self.now + delay, "receive_count": 0})
        self.look()

    def receive(self, index: int, timeout: float) -> None:
        self.messages[index].update(visible_at=self.now + timeout, receive_count=1)
        self.depths.mark_changed("q", received=1)
        self.look()

    def delete(self, index: int) -> None:
        del self.messages[index]
        self.depths.mark_changed("q", deleted=1)
        self.look()

    def seen(self, since: int = 0) -> list[tuple[float, int, int, int]]:
        """Return the times, and the numbers of visible, in-flight and delayed messages from then on."""
        changes = self.depths.list_changes(since).changes
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
    queue.depths.mark_changed("q")
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
    counted = [
        (change.at.timestamp(), change.received, change.deleted) for change in queue.depths.list_changes(2).changes
    ]
    assert counted == [(0, 1, 0), (5, 1, 0), (9, 1, 1)]


def test_a_purge_and_the_end_of_a_queue() -> None:
    queue = Queue()
    queue.send("a")
    queue.messages.clear()
    queue.look()
    queue.send("b")
    queue.depths.record_changes([])
    assert [state[1] for state in queue.seen()] == [1, 0, 1, 0]


def test_a_reader_gets_what_is_new_and_hears_of_what_is_lost() -> None:
    queue = Queue(kept=3)
    for name in "abcde":
        queue.send(name)
    history = queue.depths.list_changes(since=1)
    assert ([change.visible for change in history.changes], history.next, history.lost) == ([3, 4, 5], 5, True)
    assert queue.depths.list_changes(since=4).changes[0].visible == 5
    assert not queue.depths.list_changes(since=4).lost
    assert (queue.depths.list_changes(since=5).changes, queue.depths.list_changes(since=5).next) == ((), 5)


def test_a_long_history_comes_in_pages() -> None:
    queue = Queue()
    for name in "abcde":
        queue.send(name)
    first = queue.depths.list_changes(limit=2)
    assert (first.next, first.more) == (2, True)
    assert not queue.depths.list_changes(first.next).more
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
    assert queue.depths.count_messages() == {"q": (0, 1, 1)}


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
    moments, last = queue.depths.list_moments()
    assert [(moment.at, moment.visible, moment.oldest) for moment in moments] == [(3, 3, 2.0), (4, 2, 3.0)]
    assert queue.depths.list_moments(last) == ([], last)
    queue.now = 5
    queue.depths.record_changes([])
    [gone], _ = queue.depths.list_moments(last)
    assert (gone.queue, gone.visible, gone.oldest) == ("q", 0, None)


def test_moments_that_were_forgotten_are_left_out() -> None:
    queue = Queue(kept=1)
    queue.send("a")
    queue.send("b")
    moments, last = queue.depths.list_moments()
    assert ([moment.visible for moment in moments], last) == ([2], 2)


def test_a_message_without_times_or_receives_is_visible_and_a_hidden_one_is_delayed() -> None:
    queue = Queue()
    queue.messages += [{"id": "a"}, {"id": "b", "visible_at": 5}]
    queue.look()
    assert queue.depths.count_messages() == {"q": (1, 0, 1)}
    assert queue.depths.list_moments()[0][0].oldest is None


def test_a_message_is_visible_at_the_moment_at_which_its_delay_ends() -> None:
    queue = Queue()
    queue.send("late", delay=10)
    queue.now = 10
    queue.look()
    assert queue.seen() == [(0, 0, 0, 1), (10, 1, 0, 0)]
    queue.depths.mark_changed("q")
    queue.look()
    assert queue.seen(since=2) == []


def test_messages_that_become_visible_together_are_one_change() -> None:
    queue = Queue()
    for name in ("a", "b"):
        queue.send(name, delay=10)
    queue.now = 11
    queue.look()
    assert queue.seen(since=2) == [(10, 2, 0, 0)]


def test_what_is_touched_before_a_look_adds_up() -> None:
    queue = Queue()
    queue.send("a")
    queue.depths.mark_changed("q", received=2)
    queue.depths.mark_changed("q", deleted=5)
    queue.depths.mark_changed("q", received=1)
    queue.look()
    (change,) = queue.depths.list_changes(since=1).changes
    assert (change.received, change.deleted) == (3, 5)
    queue.send("b")
    assert queue.depths.list_changes(since=2).changes[0].received == 3, "counted once"


def test_nothing_is_received_or_deleted_by_being_sent() -> None:
    queue = Queue()
    queue.send("a")
    queue.depths.mark_changed("q")
    queue.look()
    (change,) = queue.depths.list_changes().changes
    assert (change.number, change.queue, change.received, change.deleted) == (1, "q", 0, 0)


def test_a_purge_takes_the_hidden_messages_too() -> None:
    queue = Queue()
    queue.send("late", delay=10)
    queue.send("b")
    del queue.messages[0]
    queue.look()
    assert queue.depths.count_messages() == {"q": (1, 0, 0)}
    queue.now = 20
    queue.look()
    assert queue.seen(since=2) == [(0, 1, 0, 0)]


def test_a_queue_that_goes_with_hidden_messages_leaves_the_others_as_they_are() -> None:
    queue = Queue()
    other = [{"id": "b"}]
    queue.messages.append({"id": "a", "visible_at": 9})
    queue.depths.record_changes([("q", queue.messages), ("other", other)])
    queue.depths.record_changes([("other", other)])
    told = [(change.queue, change.visible, change.delayed) for change in queue.depths.list_changes().changes]
    assert told == [("q", 0, 1), ("other", 1, 0), ("q", 0, 0)]
    assert queue.depths.count_messages() == {"other": (1, 0, 0)}


@pytest.mark.parametrize(
    ("since", "limit", "numbers", "following", "more", "lost"),
    [
        (0, 10, [3, 4, 5], 5, False, True),
        (1, 2, [3, 4], 4, True, True),
        (2, 2, [3, 4], 4, True, False),
        (3, 1, [4], 4, True, False),
        (4, 1, [5], 5, False, False),
        (5, 1, [], 5, False, False),
        (9, 1, [], 9, False, False),
        (0, 0, [], 2, True, True),
    ],
)
def test_a_page_of_the_history(
    since: int, limit: int, numbers: list[int], following: int, *, more: bool, lost: bool
) -> None:
    queue = Queue(kept=3)
    for name in "abcde":
        queue.send(name)
    history = queue.depths.list_changes(since, limit)
    assert [change.number for change in history.changes] == numbers
    assert [change.visible for change in history.changes] == numbers
    assert (history.next, history.more, history.lost) == (following, more, lost)


def test_the_history_of_an_engine_without_queues() -> None:
    history = Queue().depths.list_changes()
    assert (history.changes, history.next, history.more, history.lost) == ((), 0, False, False)


@pytest.mark.parametrize(("since", "visible"), [(0, [3, 4, 5]), (2, [3, 4, 5]), (3, [4, 5]), (5, [])])
def test_moments_after_a_number(since: int, visible: list[int]) -> None:
    queue = Queue(kept=3)
    for name in "abcde":
        queue.send(name)
    moments, last = queue.depths.list_moments(since)
    assert ([moment.visible for moment in moments], last) == (visible, 5)


def test_fifty_thousand_changes_are_kept() -> None:
    depths, messages = Depths(), [{"id": "a"}]
    for number in range(50_001):
        depths.record_changes([("q", messages if number % 2 == 0 else [])])
    moments, last = depths.list_moments()
    assert (len(moments), last) == (50_000, 50_001)
    assert depths.list_changes(limit=1).lost
    assert not depths.list_changes(since=1, limit=1).lost


def test_a_lock_looks_each_time() -> None:
    looks: list[bool] = []
    lock = WatchedLock(lambda: looks.append(True))
    for _ in range(2):
        with lock, lock:
            pass
    assert looks == [True, True]


def test_a_lock_looks_again_after_a_look_that_failed() -> None:
    looks: list[int] = []

    def failing() -> None:
        looks.append(1)
        raise ValueError("no")

    lock = WatchedLock(failing)
    for _ in range(2):
        with pytest.raises(ValueError, match="no"), lock:
            pass
    assert looks == [1, 1]
