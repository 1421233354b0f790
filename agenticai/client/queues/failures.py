"""Why messages failed: what their function's log says of each delivery, or the engine where the log says nothing."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from agenticai.client.logs import read_events
from agenticai.client.queues.model import Attempt

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from agenticai.client.queues.model import DeadLetter
    from agenticai.emulator.core.usage_records import FinishedInvocation

SAID: Final = "will be delivered again"
"""What a worker logs of a message that it could not process (`handlers/shared/sqs_batch.py`)."""

MOST_LINES: Final = 20_000
"""Of a log that are read for one look; the newest letters may lack their attempts beyond it."""

MOST_SHOWN: Final = 1_000
"""Lines of one request."""

LONGEST_RUN: Final = timedelta(minutes=15)
"""Of a function."""

MARGIN: Final = timedelta(minutes=1)
"""Between two clocks, and between a message's arrival and its first delivery."""

Attempts = Mapping[str, tuple[Attempt, ...]]
"""By message id, the oldest first."""


def read_logged_attempts(logs: "CloudWatchLogsClient", function: str, since: datetime) -> Attempts:
    """Return the failed deliveries that a function's log tells of, since a moment. Raises botocore's errors."""
    found: dict[str, list[Attempt]] = defaultdict(list)
    for event in read_events(logs, function, since - MARGIN, f'"{SAID}"', MOST_LINES):
        attempt = _attempt(event["message"])
        if attempt:
            found[attempt[0]].append(attempt[1])
    return {message_id: tuple(sorted(attempts, key=lambda a: a.at)) for message_id, attempts in found.items()}


def find_silent_attempts(
    letter: "DeadLetter", function: str, invocations: "Iterable[FinishedInvocation]"
) -> Iterator[Attempt]:
    """Yield invocations that were ended from outside, by a timeout say, while they worked on the letter's project."""
    for done in invocations:
        if (
            done.function == function
            and done.error_type
            and done.project_id == letter.asked.project_id is not None
            and done.started_at >= letter.message.sent_at
        ):
            said = f"the function ended after {done.duration_ms / 1000:.1f} s without a word"
            yield Attempt(done.started_at, done.error_type, said, done.request_id)


def read_request_lines(logs: "CloudWatchLogsClient", function: str, attempt: Attempt) -> list[str]:
    """Return what a function logged in the request of an attempt, `MOST_SHOWN` lines at the most."""
    events = read_events(logs, function, attempt.at - LONGEST_RUN, f'"{attempt.request_id}"', MOST_SHOWN)
    return [event["message"] for event in events]


def _attempt(line: str) -> tuple[str, Attempt] | None:
    """The message id and the attempt that a log line tells of; None if it is no such line."""
    try:
        said = json.loads(line)
        at = datetime.strptime(said["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z").astimezone(UTC)
        error_type, request_id = str(said["error_type"]), str(said["function_request_id"])
        return str(said["message_id"]), Attempt(at, error_type, str(said["reason"]), request_id)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
