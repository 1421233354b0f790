"""The control API's routes below `queues/` and their client, with an engine that only records calls."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.bench_records import (
    DepthChange,
    DepthHistory,
    HistoryRequest,
    MessageAttribute,
    MessagePage,
    PageRequest,
    QueuedMessage,
    QueueNow,
    QueuesNow,
    ReceivedMessage,
    ReceiveRequest,
)
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.engines.ministack.contents import MOST_BYTES, describe, find_index_after, take_fitting
from agenticai.emulator.queues.contents import NoSuchQueue, build_contents_routes
from tests.emulator.test_control import serve_more

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE = QueuedMessage(
    id="1",
    body='{"hostile": "\x1b[31m\u202e"}',
    state="visible",
    sent_at=NOW,
    first_received_at=None,
    visible_at=NOW,
    received=5,
    attributes={"kind": MessageAttribute(data_type="Binary", value="AAE=")},
    group_id=None,
    source_arn="arn:aws:sqs:us-east-1:000000000000:q",
)
PAGE = MessagePage(messages=(MESSAGE,), next="1.1", total=7, oldest=NOW, now=NOW)


CHANGE = DepthChange(number=8, at=NOW, queue="q", visible=1, in_flight=2, delayed=3, received=4, deleted=5)
HISTORY = DepthHistory(changes=(CHANGE,), next=8, more=False, lost=True, now=NOW)


QUEUES = QueuesNow(queues=(QueueNow(queue="q", visible=1, in_flight=2, delayed=3, oldest=NOW),), now=NOW)


class Contents:
    """One queue, `dead letters`, and the calls to it."""

    def __init__(self) -> None:
        self.asked: list[PageRequest | ReceiveRequest | HistoryRequest] = []

    def list_messages(self, queue: str, asked: PageRequest) -> MessagePage:
        self._note(queue, asked)
        return PAGE

    def list_queues(self) -> QueuesNow:
        return QUEUES

    def list_depth_changes(self, asked: HistoryRequest) -> DepthHistory:
        self.asked.append(asked)
        return HISTORY

    def receive(self, queue: str, asked: ReceiveRequest) -> Sequence[ReceivedMessage]:
        self._note(queue, asked)
        return [ReceivedMessage(message=MESSAGE, receipt_handle="handle")]

    def _note(self, queue: str, asked: PageRequest | ReceiveRequest) -> None:
        if queue != "dead letters":
            raise NoSuchQueue(f"There is no queue {queue}.")
        self.asked.append(asked)


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents()


@pytest.fixture(scope="module")
def control(contents: Contents) -> Iterator[ControlClient]:
    with serve_more(build_contents_routes(contents)) as url, ControlClient(url) as client:
        yield client


def test_they_ask_for_the_secret_as_all_of_the_control_api_does(contents: Contents) -> None:
    with serve_more(build_contents_routes(contents), "sesame") as url:
        with ControlClient(url, token="wrong") as stranger, pytest.raises(ControlError, match="secret of this run"):
            stranger.messages("dead letters")
        with ControlClient(url, token="sesame") as client:
            assert client.messages("dead letters") == PAGE


def test_a_page_comes_as_it_is_and_the_wishes_arrive(control: ControlClient, contents: Contents) -> None:
    assert control.messages("dead letters") == PAGE
    assert control.messages("dead letters", after="100.some-id", limit=1000) == PAGE
    assert contents.asked[-2:] == [PageRequest(), PageRequest(after="100.some-id", limit=1000)]


def test_so_does_the_history_of_depths(control: ControlClient, contents: Contents) -> None:
    assert control.depths(7, limit=5) == HISTORY
    assert contents.asked[-1] == HistoryRequest(since=7, limit=5)
    with pytest.raises(ControlError, match="since"):
        control.depths(-1)


def test_messages_are_received_by_their_ids(control: ControlClient, contents: Contents) -> None:
    (received,) = control.receive("dead letters", ["1", "2"], visibility_timeout_s=5)
    assert (received.message, received.receipt_handle) == (MESSAGE, "handle")
    assert contents.asked[-1] == ReceiveRequest(ids=("1", "2"), visibility_timeout_s=5)


@pytest.mark.parametrize("queue", ["other", "a/b", "../clock"])
def test_a_queue_that_is_not_there_is_an_error(control: ControlClient, queue: str) -> None:
    with pytest.raises(ControlError):
        control.messages(queue)


def test_a_queue_that_is_not_there_is_named(control: ControlClient) -> None:
    with pytest.raises(ControlError, match=r"There is no queue other\."):
        control.receive("other", ["1"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"limit": 0}, "limit = 0"),
        ({"limit": 1001}, "limit = 1001"),
        ({"after": "nonsense"}, "after = 'nonsense'"),
    ],
)
def test_what_no_page_can_be_is_refused(control: ControlClient, asked: dict[str, object], said: str) -> None:
    with pytest.raises(ControlError, match=said):
        control.messages("dead letters", **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 11])
def test_to_receive_nothing_or_more_than_a_batch_is_refused(control: ControlClient, number: int) -> None:
    with pytest.raises(ControlError, match="ids"):
        control.receive("dead letters", [str(each) for each in range(number)])


class TestCursor:
    MESSAGES = tuple({"id": name} for name in "abcdef")

    @pytest.mark.parametrize(
        ("cursor", "follows"), [("3.c", "def"), ("5.c", "def"), ("6.f", ""), ("3.gone", "def"), ("99.gone", "")]
    )
    def test_it_finds_the_message_that_it_names_or_else_the_place(self, cursor: str, follows: str) -> None:
        assert "".join(message["id"] for message in self.MESSAGES[find_index_after(self.MESSAGES, cursor) :]) == follows


class TestMiniStacksMessages:
    def test_one_page_holds_so_many_bytes_and_one_message_at_the_least(self) -> None:
        half, whole = {"body": "x" * (MOST_BYTES // 2)}, {"body": "x" * (MOST_BYTES + 1)}
        assert list(take_fitting([half, half, half])) == [half, half]
        assert list(take_fitting([whole, half])) == [whole]
        assert list(take_fitting([])) == []

    def test_one_that_was_never_received_may_lack_fields(self) -> None:
        shown = describe({"id": "1", "body": "b"}, 1_767_225_600.0)
        assert (shown.state, shown.sent_at, shown.received, shown.attributes) == ("visible", NOW, 0, {})

    @pytest.mark.parametrize(("received", "state"), [(0, "delayed"), (1, "in flight")])
    def test_one_that_nobody_can_receive_is_in_flight_or_delayed(self, received: int, state: str) -> None:
        message = {"id": "1", "body": "b", "sent_at": 10.0, "visible_at": 50.0, "receive_count": received}
        assert describe(message, 49.9).state == state
        assert describe(message, 50.0).state == "visible"

    def test_attributes_are_text_and_binary_ones_in_base64(self) -> None:
        attributes = {
            "text": {"DataType": "String", "StringValue": ""},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            "sent": {"DataType": "Binary", "BinaryValue": "AAE="},
        }
        shown = describe({"id": "1", "body": "b", "message_attributes": attributes}, 1.0).attributes
        assert {name: held.value for name, held in shown.items()} == {"text": "", "bytes": "AAE=", "sent": "AAE="}


def test_all_queues_are_told_at_once(control: ControlClient) -> None:
    assert control.queues() == QUEUES
