"""What a function's answer to a batch of SQS messages says about each of them."""

import json
from collections.abc import Collection

from pydantic import JsonValue


def read_failed_ids(result: JsonValue, batch_ids: Collection[str]) -> set[str]:
    """Return the ids of the messages that go back to their queue, of a mapping with ReportBatchItemFailures.

    `result` is what the function returned, decoded, or the text of an answer that is not decoded yet. The rules are
    those under "Success and failure conditions" in
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html: an empty or null response, and an
    empty or null list, mean that all succeeded. Anything else that does not name messages of this batch means that all
    failed.
    """
    everything = set(batch_ids)
    try:
        response = json.loads(result) if isinstance(result, str) and result else result
    except ValueError:
        return everything
    if response in (None, "", {}):
        return set()
    if not isinstance(response, dict):
        return everything
    failures = response.get("batchItemFailures")
    if failures is None:
        return set()
    named = {identifier(failure) for failure in failures} if isinstance(failures, list) else {None}
    known = {name for name in named if name is not None} & everything
    return known if known == named else everything


def identifier(failure: JsonValue) -> str | None:
    """Return the message id in an entry of `batchItemFailures`; None where it is missing, null, or no text."""
    name = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return name if isinstance(name, str) else None
