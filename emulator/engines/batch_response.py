"""Interprets a function's response to a batch of SQS messages."""

import json
from collections.abc import Collection

from pydantic import JsonValue


def read_failed_ids(result: JsonValue, batch_ids: Collection[str]) -> set[str]:
    """Return the ids of the failed messages, which return to their queue, for a mapping with ReportBatchItemFailures.

    `result` is the function's response, decoded or as JSON text. The rules are those under "Success and failure
    conditions" in
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html: an empty or null response, and an
    empty or null list, mean that all succeeded. Anything else that does not name messages of this batch means that all
    failed.
    """
    all_ids = set(batch_ids)
    try:
        response = json.loads(result) if isinstance(result, str) and result else result
    except ValueError:
        return all_ids
    if response in (None, "", {}):
        return set()
    if not isinstance(response, dict):
        return all_ids
    failures = response.get("batchItemFailures")
    if failures is None:
        return set()
    reported_ids = {read_identifier(failure) for failure in failures} if isinstance(failures, list) else {None}
    known_ids = {name for name in reported_ids if name is not None} & all_ids
    return known_ids if known_ids == reported_ids else all_ids


def read_identifier(failure: JsonValue) -> str | None:
    """Return the message id in an entry of `batchItemFailures`; None if it is missing, null, or not text."""
    name = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return name if isinstance(name, str) else None
