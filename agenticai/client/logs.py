"""The log events of a stack's functions: those since a moment, and new ones."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from agenticai.client.errors import SelectionError, SettingsError
from agenticai.stack.waiting import Pause

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

POLL_SECONDS: Final = 1.0

LATE: Final = timedelta(seconds=10)
"""How much later than newer events an event may arrive, as each function's environment sends its own."""

_DURATION: Final = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class LogEvent:
    """A line of a function's log; `function` is the short name: api, pm, dev, qa or ops."""

    at: datetime
    function: str
    stream: str
    message: str


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as 30s, 5m, 2h or 1d. Raises `SettingsError`."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise SettingsError(f"{text!r} is not a duration: give one such as 30s, 5m, 2h or 1d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def before(now: datetime, long: timedelta) -> datetime:
    """Return the moment `long` before `now`, but not before 1970, where CloudWatch Logs begins to count."""
    return now - min(long, now - datetime.fromtimestamp(0, UTC))


class FunctionLogs:
    """Reads the log groups of functions, by their short names. Raises `SelectionError` and botocore's errors."""

    def __init__(self, logs: "CloudWatchLogsClient", functions: Mapping[str, str]) -> None:
        self._logs = logs
        self._functions = functions

    def resolve_names(self, name: str | None) -> tuple[str, ...]:
        """Return the short name of the function with this short or full name; for None, those of all functions."""
        if name is None:
            return tuple(self._functions)
        for short, full in self._functions.items():
            if name in {short, full}:
                return (short,)
        raise SelectionError(f"There is no function {name}: name one of {', '.join(self._functions)}.")

    def list_events(self, functions: Iterable[str], since: datetime, project_id: str | None = None) -> list[LogEvent]:
        """Return the events so far, ordered by time; with `project_id`, only lines that name the project."""
        found = [event for short in functions for event in self._read_function(short, since, project_id)]
        return sorted(found, key=lambda event: event.at)

    def follow(
        self, functions: Iterable[str], since: datetime, project_id: str | None, wait: Pause
    ) -> Iterator[LogEvent]:
        """Yield each event once, as it arrives, without end."""
        names, seen, start = tuple(functions), Counter[LogEvent](), since
        while True:
            events = [event for event in self.list_events(names, start, project_id) if event.at >= start]
            counts: Counter[LogEvent] = Counter()
            for event in events:
                counts[event] += 1
                if counts[event] > seen[event]:
                    yield event
            if events:
                start = max(since, events[-1].at - LATE)
            seen = Counter({event: number for event, number in (seen | counts).items() if event.at >= start})
            wait(POLL_SECONDS)

    def _read_function(self, short: str, since: datetime, project_id: str | None) -> Iterator[LogEvent]:
        pattern = f'"{project_id}"' if project_id else ""
        for event in read_events(self._logs, self._functions[short], since, pattern):
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            yield LogEvent(at, short, event["logStreamName"], event["message"])


def read_events(
    logs: "CloudWatchLogsClient", function: str, since: datetime, pattern: str, most: int | None = None
) -> "Iterator[FilteredLogEventTypeDef]":
    """Yield the events of a function's log since a moment that match a filter pattern, at most `most` of them.

    Raises botocore's errors.
    """
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{function}",
        startTime=int(since.timestamp() * 1000),
        filterPattern=pattern,
        PaginationConfig={"MaxItems": most} if most else {},
    )
    try:
        for page in pages:
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        return  # the function has never run
