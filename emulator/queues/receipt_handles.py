"""Receipt handles that tell of which queue they are, so that one that SQS never gave can be told from an old one."""

import base64


def receipt_handle(queue_arn: str, receive_id: str) -> str:
    """Return the handle of one receive of one message from the queue."""
    return base64.b64encode(f"{receive_id} {queue_arn}".encode()).decode()


def was_given_by(queue_arn: str, handle: str) -> bool:
    """Return whether the handle can be of a receive from the queue."""
    try:
        return base64.b64decode(handle, validate=True).decode().partition(" ")[2] == queue_arn
    except ValueError:
        return False
