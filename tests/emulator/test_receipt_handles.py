"""Receipt handles: which queue and message each belongs to."""

import pytest

from agenticai.emulator.queues.receipt_handles import is_handle_of, make_receipt_handle

QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"


def test_a_handle_is_of_its_queue_alone() -> None:
    handle = make_receipt_handle(QUEUE, "receive-1")
    assert is_handle_of(QUEUE, handle)
    assert not is_handle_of(QUEUE + "-dead", handle)
    assert handle != make_receipt_handle(QUEUE, "receive-2")
    assert not is_handle_of(QUEUE, f"{handle[:8]}!{handle[8:]}")


@pytest.mark.parametrize("handle", ["", "garbage", "é", "AAAA", "/////w==", QUEUE])
def test_what_no_queue_gave(handle: str) -> None:
    assert not is_handle_of(QUEUE, handle)
