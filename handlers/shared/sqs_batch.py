"""The boundary between Lambda and the worker contract: handles an SQS batch, and reports failed records by id."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from shared.models.base import TolerantModel
from shared.models.errors import Poison, Retryable
from shared.models.messages import AnyMessage, parse
from shared.worker import Worker

FIRST_WAIT_SECONDS: Final = 10
MAX_WAIT_SECONDS: Final = 900

_OF_A_MESSAGE: Final = ("correlation_id", "project_id", "work", "receive_count")
"""Log keys that are removed before the next message, which may not even be readable."""

BatchResponse = dict[str, list[dict[str, str]]]
"""`batchItemFailures`, each with an `itemIdentifier`."""

Postpone = Callable[[str, float], None]
"""Postpones the next delivery of a message, by its receipt handle and seconds; may raise `Retryable`."""

M = TypeVar("M", bound=AnyMessage)


class _Attributes(TolerantModel):
    received: int = Field(alias="ApproximateReceiveCount")


class _Record(TolerantModel):
    message_id: str = Field(alias="messageId")
    receipt_handle: str = Field(alias="receiptHandle")
    body: str
    attributes: _Attributes


class _Batch(TolerantModel):
    """The event of an SQS event source mapping (docs.aws.amazon.com/lambda/latest/dg/with-sqs.html)."""

    records: tuple[_Record, ...] = Field(alias="Records")


def serve(
    event: dict[str, Any],
    context: LambdaContext,
    *,
    worker: Worker[M, Any],
    accepts: type[M],
    postpone: Postpone,
    logger: Logger,
) -> BatchResponse:
    """Handle each record; a record whose handling raises is reported, so that SQS delivers it again.

    By default that is after the visibility timeout, six times the function's timeout; `postpone` sets it to the wait
    that suits the fault. See docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
    """

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    failed: list[str] = []
    for record in _Batch.model_validate(event).records:
        logger.remove_keys(_OF_A_MESSAGE)
        try:
            message = read(record.body, accepts)
            logger.set_correlation_id(message.correlation_id)
            logger.append_keys(
                project_id=message.project_id, work=message.work, receive_count=record.attributes.received
            )
            logger.info("handled", outcome=worker.handle(message, remaining).value)
        except Exception as fault:  # noqa: BLE001 - the invocation's edge
            # The message is kept after any error, and the dead-letter queue ends the retries.
            _schedule_redelivery(record, fault, postpone, logger)
            failed.append(record.message_id)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _schedule_redelivery(record: _Record, fault: Exception, postpone: Postpone, logger: Logger) -> None:
    """Log the fault, and set when the message is delivered again."""
    seconds = calculate_wait(fault, record.attributes.received)
    log = logger.warning if isinstance(fault, Retryable) else logger.exception
    log(
        "will be delivered again",
        error_type=find_error_type(fault),
        reason=str(fault),
        message_id=record.message_id,
        seconds=seconds,
    )
    try:
        postpone(record.receipt_handle, seconds)
    except Retryable as error:
        logger.warning("comes again after the visibility timeout", reason=str(error))


def find_error_type(fault: Exception) -> str:
    """Return a name for the kind of fault; for a Retryable, that of the service's error which caused it."""
    cause = fault.__cause__ if type(fault) is Retryable else None
    if cause is None:
        return type(fault).__name__
    response = getattr(cause, "response", None)  # a botocore ClientError has it
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code or type(cause).__name__)


def calculate_wait(fault: Exception, received: int) -> float:
    """Return the seconds until a message is delivered again after a fault; `received` is its receive count.

    A fault may name the time; after other faults the wait doubles each time; an unreadable message is delivered again
    immediately, because only the dead-letter queue can take it.
    """
    match fault:
        case Poison():
            return 0
        case Retryable(after=after) if after is not None:
            return min(after, MAX_WAIT_SECONDS)
        case _:
            return min(FIRST_WAIT_SECONDS << max(0, received - 1), MAX_WAIT_SECONDS)


def read(body: str, accepts: type[M]) -> M:
    """Return the message in a record's body. Raises `Poison` if it is not one that this worker `accepts`."""
    try:
        message = parse(body)
    except ValueError as error:
        raise Poison(f"not a message: {error}") from error
    if not isinstance(message, accepts):
        raise Poison(f"a {message.schema_} message is not for this queue")
    return message
