"""Why messages failed: each failed delivery from the function's log, or from the engine if nothing was logged."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from agenticai.client.logs import LATE, read_events
from agenticai.client.queues.model import Attempt

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from agenticai.emulator.core.usage_records import FinishedInvocation

RETRY_PHRASE: Final = "will be delivered again"
"""Part of the log message of a worker that could not process a message (`handlers/shared/sqs_batch.py`)."""

MOST_LINES: Final = 20_000
"""The maximum number of log lines that one look reads; a later look continues from there."""

MOST_KEPT: Final = 20_000
"""The maximum number of messages whose attempts are kept between looks."""

MOST_SHOWN: Final = 1_000
"""The maximum number of log lines of one request."""

LONGEST_RUN: Final = timedelta(minutes=15)
"""The longest run of a function."""

MARGIN: Final = timedelta(minutes=1)
"""The tolerance for differences of clocks, and between a message's arrival and its first delivery."""

Attempts = Mapping[str, tuple[Attempt, ...]]
"""Attempts by message id, the oldest first."""


class FailureLog:
    """Reads failed deliveries from a function's log; a look fetches only new ones.

    Thread-safe.
    """

    def __init__(self, logs: "CloudWatchLogsClient", function: str) -> None:
        self._logs = logs
        self._function = function
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._next_start = datetime.fromtimestamp(0, UTC)
        self._attempts: dict[str, tuple[Attempt, ...]] = {}
        self._latest: Attempt | None = None

    def look(self, since: datetime, now: datetime) -> Attempts:
        """Return the failed deliveries since a moment, and maybe earlier ones. Raises botocore's errors."""
        with self._lock:
            self._read(since, now)
            return dict(self._attempts)

    def find_last(self, since: datetime, now: datetime) -> Attempt | None:
        """Return the latest failed delivery, or None if there was none since a moment. Raises botocore's errors."""
        with self._lock:
            self._read(since, now)
            return self._latest

    def _read(self, since: datetime, now: datetime) -> None:
        if self._since is None or since < self._since:
            self._since, self._next_start = since, since - MARGIN
            self._attempts.clear()
        lines, latest = 0, self._next_start
        for event in read_events(self._logs, self._function, self._next_start, f'"{RETRY_PHRASE}"', MOST_LINES):
            lines, latest = lines + 1, max(latest, datetime.fromtimestamp(event["timestamp"] / 1000, UTC))
            if found := _parse_attempt(event["message"]):
                self._add(*found)
        self._next_start = latest if lines == MOST_LINES else now - LATE
        for message_id in list(self._attempts)[: len(self._attempts) - MOST_KEPT]:
            del self._attempts[message_id]

    def _add(self, message_id: str, attempt: Attempt) -> None:
        known = self._attempts.get(message_id, ())
        if attempt not in known:
            self._attempts[message_id] = tuple(sorted((*known, attempt), key=lambda one: one.at))
        if self._latest is None or self._latest.at < attempt.at:
            self._latest = attempt


def find_silent_attempts(function: str, invocations: "Iterable[FinishedInvocation]") -> Attempts:
    """Return the invocations of a function that were terminated, for example by a timeout, by their messages' ids."""
    attempts: defaultdict[str, tuple[Attempt, ...]] = defaultdict(tuple)
    for invocation in invocations:
        if invocation.function == function and invocation.error_type:
            reason = f"the function ended after {invocation.duration_ms / 1000:.1f} s without a word"
            attempt = Attempt(invocation.started_at, invocation.error_type, reason, invocation.request_id)
            for message_id in invocation.message_ids:
                attempts[message_id] += (attempt,)
    return attempts


def merge_attempts(logged: Sequence[Attempt], silent: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Return all attempts, the oldest first; if a request logged its failure, only that one."""
    logged_ids = {attempt.request_id for attempt in logged}
    unlogged = (attempt for attempt in silent if attempt.request_id not in logged_ids)
    return tuple(sorted((*logged, *unlogged), key=lambda attempt: attempt.at))


def read_request_lines(logs: "CloudWatchLogsClient", function: str, attempt: Attempt) -> list[str]:
    """Return what a function logged in the request of an attempt, at most `MOST_SHOWN` lines."""
    events = read_events(logs, function, attempt.at - LONGEST_RUN, f'"{attempt.request_id}"', MOST_SHOWN)
    return [event["message"] for event in events]


def _parse_attempt(line: str) -> tuple[str, Attempt] | None:
    """Parse a message id and its attempt from a log line; None if the line reports no failed delivery."""
    try:
        record = json.loads(line)
        failed_at = datetime.strptime(record["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z").astimezone(UTC)
        error_type, request_id = str(record["error_type"]), str(record["function_request_id"])
        return str(record["message_id"]), Attempt(failed_at, error_type, str(record["reason"]), request_id)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
