"""Adds the fields that MiniStack omits to the records in a function's event."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agenticai.emulator.engines.ministack.receivable import EngineMessage


def complete_records(run: Callable[..., None]) -> Callable[..., None]:
    """Wrap `_run_sqs_batch`, which is called with a batch's event and its messages."""

    def run_completed(mapping: Any, function: Any, event: Any, batch: Sequence[EngineMessage], *args: Any) -> None:
        messages = {message["id"]: message for message in batch}
        records = [complete_record(record, messages[record["messageId"]]) for record in event["Records"]]
        run(mapping, function, {**event, "Records": records}, batch, *args)

    return run_completed


def complete_record(record: Mapping[str, Any], message: EngineMessage) -> dict[str, Any]:
    """Add the digest and the lists of message attributes, and the source queue of a dead letter.

    See https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
    """
    lists: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
    attributes = {name: {**lists, **value} for name, value in record["messageAttributes"].items()}
    digest, source = message.get("md5_attrs"), message["sys"].get("DeadLetterQueueSourceArn")
    return {
        **record,
        "attributes": record["attributes"] | ({"DeadLetterQueueSourceArn": source} if source else {}),
        "messageAttributes": attributes,
        **({"md5OfMessageAttributes": digest} if digest else {}),
    }
