"""The edge between Lambda and the worker contract: records of an SQS batch in, failed ones reported by id."""

from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from shared.errors import Poison, Retryable
from shared.models.messages import ANY_MESSAGE, AnyMessage
from shared.worker import Worker

M = TypeVar("M", bound=AnyMessage)


def serve(
    event: dict[str, Any],
    context: LambdaContext,
    *,
    worker: Worker[M, Any],
    accepts: type[M],
    logger: Logger,
) -> PartialItemFailureResponse:
    """Handle each record; a record whose handling raises is reported, so that SQS delivers it again.

    See docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (ReportBatchItemFailures).
    """

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    def record_handler(record: SQSRecord) -> None:
        try:
            message = read(record.body, accepts)
            logger.set_correlation_id(message.correlation_id)
            logger.append_keys(project_id=message.project_id, work=message.work, receive_count=_receive_count(record))
            outcome = worker.handle(message, remaining)
            logger.info("handled", outcome=outcome.value)
        except Retryable as fault:
            logger.warning("will be delivered again", reason=str(fault))
            raise
        except Exception:
            # The invocation's edge: whatever it was, the message is kept and the dead-letter queue ends the retries.
            logger.exception("could not handle the message", message_id=record.message_id)
            raise

    logger.thread_safe_clear_keys()
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)


def read(body: str, accepts: type[M]) -> M:
    """The message in a record's body; raises `Poison` if it is not one that this worker `accepts`."""
    try:
        message = ANY_MESSAGE.validate_json(body)
    except ValidationError as error:
        raise Poison(f"not a message: {error.error_count()} faults, the first: {error.errors()[0]['msg']}") from error
    if not isinstance(message, accepts):
        raise Poison(f"a {message.schema_} message is not for this queue")
    return message


def _receive_count(record: SQSRecord) -> int:
    return int(record.attributes.approximate_receive_count)
