"""AWS's rules for event source mappings of SQS queues.

They are those of https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from agenticai.emulator.http.aws_errors import AwsError, Refused

WITHOUT_WINDOW = 10
"""The maximum batch size without a batching window, and for a FIFO queue."""
ONLY_OF_STREAMS = frozenset(
    {
        *("BisectBatchOnFunctionError", "DestinationConfig", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"),
        *("ParallelizationFactor", "TumblingWindowInSeconds"),
    }
)


@dataclass(frozen=True)
class SourceMapping:
    """A mapping to be created or updated; `visibility_timeout_s` is that of its queue, None if there is no such queue.

    `settings` are the names of the parameters that are set, as in CreateEventSourceMapping. `same_as` is the id of
    another mapping of the same queue and function.
    """

    queue_arn: str
    function: str
    batch_size: int
    window_s: int
    response_types: Sequence[str]
    function_timeout_s: int
    visibility_timeout_s: int | None
    settings: Collection[str] = ()
    same_as: str | None = None


def check_mapping(mapping: SourceMapping) -> None:
    """Check a mapping against all rules. Raises Refused if AWS would not accept it."""
    for rule in RULES:
        rule(mapping)


def check_bounds(mapping: SourceMapping) -> None:
    """Refuse a batch size outside 1 to 10,000, and a batching window of more than 300 seconds."""
    _check_between("batchSize", mapping.batch_size, 1, 10_000)
    _check_between("maximumBatchingWindowInSeconds", mapping.window_s, 0, 300)


def check_response_types(mapping: SourceMapping) -> None:
    """Refuse any response type but ReportBatchItemFailures."""
    if unknown := set(mapping.response_types) - {"ReportBatchItemFailures"}:
        reason = "Member must satisfy enum value set: [ReportBatchItemFailures]"
        raise _validation_error("functionResponseTypes", ", ".join(sorted(unknown)), reason)


def check_window(mapping: SourceMapping) -> None:
    """Refuse a batch size above 10 without a batching window; for a FIFO queue refuse either."""
    fifo, large = mapping.queue_arn.endswith(".fifo"), mapping.batch_size > WITHOUT_WINDOW
    if fifo and (large or mapping.window_s):
        raise _invalid("A FIFO queue has batches of at most 10 messages, and no batching window.")
    if large and not mapping.window_s:
        raise _invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def check_no_stream_settings(mapping: SourceMapping) -> None:
    """Refuse settings that only streams have: retries are configured on the queue itself."""
    for name in sorted(ONLY_OF_STREAMS.intersection(mapping.settings)):
        raise _invalid(f"Unsupported {name} parameter for given event source mapping type.")


def check_queue(mapping: SourceMapping) -> None:
    """Refuse a queue that does not exist, or whose visibility timeout is shorter than the function's timeout."""
    if mapping.visibility_timeout_s is None:
        raise _invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
            " SQS Error Message: The specified queue does not exist."
        )
    if mapping.visibility_timeout_s < mapping.function_timeout_s:
        raise _invalid(
            f"Queue visibility timeout: {mapping.visibility_timeout_s} seconds"
            f" is less than Function timeout: {mapping.function_timeout_s} seconds"
        )


def check_only_mapping(mapping: SourceMapping) -> None:
    """Refuse a second mapping of one queue and one function."""
    if mapping.same_as:
        message = (
            f'An event source mapping with SQS arn (" {mapping.queue_arn} ") and function (" {mapping.function} ")'
            f" already exists. Please update or delete the existing mapping with UUID {mapping.same_as}"
        )
        raise Refused(AwsError("ResourceConflictException", message, 409))


RULES: tuple[Callable[[SourceMapping], None], ...] = (
    check_bounds,
    check_response_types,
    check_window,
    check_no_stream_settings,
    check_queue,
    check_only_mapping,
)


def _check_between(member: str, value: int, low: int, high: int) -> None:
    if value < low:
        raise _validation_error(member, value, f"Member must have value greater than or equal to {low}")
    if value > high:
        raise _validation_error(member, value, f"Member must have value less than or equal to {high}")


def _validation_error(member: str, value: object, reason: str) -> Refused:
    message = f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {reason}"
    return Refused(AwsError("ValidationException", message))


def _invalid(message: str) -> Refused:
    return Refused(AwsError("InvalidParameterValueException", message))
