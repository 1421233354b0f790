"""Receipt handles that name their queue, so that an invalid handle can be distinguished from an expired one."""

import base64


def make_receipt_handle(queue_arn: str, receive_id: str) -> str:
    """Return the receipt handle for one receive of a message from the queue."""
    return base64.b64encode(f"{receive_id} {queue_arn}".encode()).decode()


def is_handle_of(queue_arn: str, handle: str) -> bool:
    """Return whether the handle can come from a receive on this queue."""
    try:
        return base64.b64decode(handle, validate=True).decode().partition(" ")[2] == queue_arn
    except ValueError:
        return False
