"""The display of queues, dead letters and log events in a terminal."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from agenticai.client.durations import format_age
from agenticai.display.console import TextPart, format_count, join_text, make_figure_columns, make_grid
from agenticai.display.printable import printable

if TYPE_CHECKING:
    from agenticai.client.logs import LogEvent
    from agenticai.client.queues.model import AgentQueues, DeadLetter, QueueState, RedriveResult

SHOWN_BODY = 200
"""The number of characters of a body that are shown without `--full`."""

_LEVELS = {"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow"}
_TOLD = frozenset(
    (
        *("level", "message", "timestamp", "location", "service", "cold_start", "function_name", "function_arn"),
        *("function_memory_size", "xray_trace_id", "stack_trace", "exception_name", "exception"),
    )
)
"""Fields of a log line that are shown elsewhere, or are of no use."""


def tabulate_queues(states: Iterable["AgentQueues"]) -> Table:
    """Return a table with a line for each queue and for its dead-letter queue."""
    columns = [Column("queue", no_wrap=True), *make_figure_columns("visible", "in flight", "delayed", "oldest")]
    rows = []
    for state in states:
        rows.append(_make_row(state.queue))
        rows.append(_make_row(state.dead_letters, "red" if state.dead_letters.depth.total else ""))
    return make_grid(columns, rows)


def _make_row(state: "QueueState", colour: str = "") -> tuple[TextPart, ...]:
    depth = state.depth
    oldest = format_age(state.oldest_s) if state.oldest_s is not None else "-"
    figures_of = (str(depth.visible), str(depth.in_flight), str(depth.delayed), oldest if depth.total else "")
    return ((printable(state.name), colour), *figures_of)


def describe_letter(dead: "DeadLetter", agent: str, now: datetime, *, full: bool) -> Iterator[Text]:
    """Yield a dead letter in lines; its id is on a line of its own, to be copied."""
    message, requested = dead.message, dead.asked
    yield join_text((printable(message.id), "bold"))
    yield _format_field("queue", f"{agent}, received {format_count(message.received, 'time')}")
    yield _format_field("project", printable(requested.project_id) if requested.project_id else "names none")
    yield _format_field("asked for", _describe_asked(dead))
    yield _format_field(
        "sent", f"{format_time(message.sent_at)}, {format_age((now - message.sent_at).total_seconds())} ago"
    )
    yield from _describe_attempts(dead, full=full)
    yield from _format_body(message.body, full=full)


def _format_field(name: str, *said: TextPart) -> Text:
    return join_text("  ", (f"{name:<9}", "dim"), " ", *said)


def _describe_asked(dead: "DeadLetter") -> str:
    requested = dead.asked
    if requested.problem:
        return f"nothing that an agent can read: {printable(requested.problem)}"
    return f"{printable(requested.work or '')} ({printable(requested.schema or '')})"


def _describe_attempts(dead: "DeadLetter", *, full: bool) -> Iterator[Text]:
    """Yield the last attempt, or with `full` every attempt."""
    if not dead.attempts:
        yield _format_field("failed", "nothing is logged of it")
    for attempt in dead.attempts if full else dead.attempts[-1:]:
        first_line, *rest = attempt.message.split("\n")
        yield _format_field(
            "failed",
            f"{format_time(attempt.at)} ",
            (printable(attempt.error_type), "red"),
            f": {printable(first_line)}",
        )
        yield from (join_text(f"            {printable(line)}") for line in (rest if full else []))
        yield join_text((f"            request {printable(attempt.request_id)}", "dim"))


def _format_body(body: str, *, full: bool) -> Iterator[Text]:
    if not full:
        shortened = (
            body if len(body) <= SHOWN_BODY else f"{body[:SHOWN_BODY]}… ({len(body)} characters; --full shows all)"
        )
        yield _format_field("body", printable(shortened))
        return
    yield _format_field("body")
    yield from (join_text(f"    {printable(line)}") for line in _indent_json(body).split("\n"))


def _indent_json(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def describe_redriven(result: "RedriveResult") -> str:
    """Return the outcome of redriving a letter on one line."""
    new = f" as {result.new_id}" if result.new_id else ""
    project = f", of project {result.asked.project_id}" if result.asked and result.asked.project_id else ""
    reason = f": {result.reason}" if result.reason else ""
    return printable(f"{result.id} {result.outcome}{new}{project}{reason}")


def describe_event(event: "LogEvent") -> Iterator[Text]:
    """Yield a log event: a structured one as message and details, any other as it is; then its traceback."""
    head = (f"{event.at:%H:%M:%S}.{event.at.microsecond // 1000:03}", "dim"), f" {event.function:<3} "
    try:
        record = json.loads(event.message)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("message"), str):
        yield join_text(*head, printable(event.message.rstrip("\n").replace("\t", "  ")))
        return
    level = str(record.get("level", ""))
    details = " ".join(f"{name}={_format_value(value)}" for name, value in record.items() if name not in _TOLD)
    shown = (printable(level), _LEVELS.get(level, "dim"))
    yield join_text(*head, shown, f" {printable(record['message'])} ", (printable(details), "dim"))
    for line in filter(None, str(record.get("exception", "")).split("\n")):
        yield join_text((f"    {printable(line)}", "dim"))


def _format_value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def format_time(at: datetime) -> str:
    """Format a time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
