"""How queues, dead letters and log events look in a terminal."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from agenticai.printable import printable, printable_lines

if TYPE_CHECKING:
    from agenticai.client.logs import LogEvent
    from agenticai.client.queues.model import AgentQueues, DeadLetter, QueueState, Redriven

SHOWN_BODY = 200
"""Characters of a body, where it is not asked for in full."""

_LEVELS = {"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow"}
_TOLD = frozenset(
    (
        *("level", "message", "timestamp", "location", "service", "cold_start", "function_name", "function_arn"),
        *("function_memory_size", "xray_trace_id", "stack_trace", "exception_name", "exception"),
    )
)
"""Fields of a log line that are shown otherwise, or that tell nothing new."""


def safe(text: str) -> str:
    """Text of unknown origin, for Rich."""
    return escape(printable(text))


def queues(states: Iterable["AgentQueues"]) -> Table:
    """Every queue and its dead-letter queue, a line each."""
    table = Table(box=None, pad_edge=False)
    table.add_column("queue", no_wrap=True)
    for column in ("visible", "in flight", "delayed", "oldest"):
        table.add_column(column, justify="right", style="cyan", no_wrap=True)
    for state in states:
        table.add_row(*_row(state.queue))
        table.add_row(*_row(state.dead_letters, "red" if state.dead_letters.depth.total else ""))
    return table


def _row(state: "QueueState", colour: str = "") -> tuple[str, ...]:
    name = f"[{colour}]{escape(state.name)}[/]" if colour else escape(state.name)
    depth = state.depth
    oldest = age(state.oldest_s) if state.oldest_s is not None else "-"
    return name, str(depth.visible), str(depth.in_flight), str(depth.delayed), oldest if depth.total else ""


def age(seconds: float) -> str:
    """A length of time in its two largest units: 3 d 4 h, 2 min 5 s, 7 s."""
    left, parts = max(0, int(seconds)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"


def letter(dead: "DeadLetter", agent: str, now: datetime, *, full: bool) -> Iterator[str]:
    """A dead letter in lines; its id stands alone, to be pasted."""
    message, asked = dead.message, dead.asked
    times = f"{message.received} time" + ("" if message.received == 1 else "s")
    yield f"[bold]{safe(message.id)}[/]"
    yield f"  [dim]queue[/]     {agent}, received {times}"
    yield f"  [dim]project[/]   {safe(asked.project_id) if asked.project_id else 'names none'}"
    yield f"  [dim]asked for[/] {_asked(dead)}"
    yield f"  [dim]sent[/]      {moment(message.sent_at)}, {age((now - message.sent_at).total_seconds())} ago"
    yield from _attempts(dead, full=full)
    yield from _body(message.body, full=full)


def _asked(dead: "DeadLetter") -> str:
    asked = dead.asked
    if asked.problem:
        return f"nothing that an agent can read: {safe(asked.problem)}"
    return f"{safe(asked.work or '')} ({safe(asked.schema or '')})"


def _attempts(dead: "DeadLetter", *, full: bool) -> Iterator[str]:
    """The last attempt, or every one."""
    if not dead.attempts:
        yield "  [dim]failed[/]    nothing is logged of it"
    for attempt in dead.attempts if full else dead.attempts[-1:]:
        first, *rest = printable_lines(attempt.message)
        more = rest if full else []
        yield f"  [dim]failed[/]    {moment(attempt.at)} [red]{safe(attempt.error_type)}[/]: {escape(first)}"
        yield from (f"            {escape(line)}" for line in more)
        yield f"            [dim]request {safe(attempt.request_id)}[/]"


def _body(body: str, *, full: bool) -> Iterator[str]:
    if not full:
        cut = body if len(body) <= SHOWN_BODY else f"{body[:SHOWN_BODY]}… ({len(body)} characters; --full shows all)"
        yield f"  [dim]body[/]      {safe(cut)}"
        return
    yield "  [dim]body[/]"
    yield from (f"    {escape(line)}" for line in printable_lines(_formatted(body)))


def _formatted(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def redriven(results: Sequence["Redriven"]) -> Iterator[str]:
    """What became of each letter."""
    for result in results:
        new = f" as {safe(result.new_id)}" if result.new_id else ""
        project = f", of project {safe(result.asked.project_id)}" if result.asked and result.asked.project_id else ""
        reason = f": {safe(result.reason)}" if result.reason else ""
        yield f"{safe(result.id)} {result.outcome}{new}{project}{reason}"


def log_lines(event: "LogEvent") -> Iterator[str]:
    """A log event: a structured one as its message and what it tells beside, any other as it is; then its traceback."""
    head = f"[dim]{event.at:%H:%M:%S}.{event.at.microsecond // 1000:03}[/] {event.function:<3} "
    try:
        said = json.loads(event.message)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("message"), str):
        yield head + safe(event.message.rstrip("\n").replace("\t", "  "))
        return
    level = str(said.get("level", ""))
    rest = " ".join(f"{safe(name)}={safe(_value(value))}" for name, value in said.items() if name not in _TOLD)
    yield f"{head}[{_LEVELS.get(level, 'dim')}]{safe(level)}[/] {safe(said['message'])} [dim]{rest}[/]"
    yield from (f"    [dim]{escape(line)}[/]" for line in printable_lines(str(said.get("exception", ""))) if line)


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
