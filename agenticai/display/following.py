"""How a terminal shows a project that is followed: its events, and between them what it works on or waits for."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from rich.status import Status

from agenticai.display.console import Display, TextPart, join_text
from agenticai.display.printable import printable
from agenticai.display.tables import colour_status, describe_event, describe_work
from shared.models.events import EventType, TimelineEvent
from shared.models.workflow import FINAL, ProjectStatus

QUIET_SECONDS: Final = 60.0
"""The time without an event after which a line is printed, if there is no terminal with a spinner."""


class Following:
    """Shows a project's events one by one; None means that a poll found no new event."""

    def __init__(self, display: Display, status: Status, now: Callable[[], float] = monotonic) -> None:
        self._display = display
        self._status = status
        self._now = now
        self._running: dict[str, tuple[TimelineEvent, float]] = {}
        self._waiting_for = "a queue"
        self._last_event_at = self._last_line_at = now()

    def __call__(self, event: TimelineEvent | None) -> None:
        """Show the next event, if any, and what the project does now."""
        if event is not None:
            self._record(event)
            self._last_event_at = self._last_line_at = self._now()
        activity = self._describe_running()
        self._status.update(join_text(activity))
        if not self._display.console.is_terminal and self._now() - self._last_line_at >= QUIET_SECONDS:
            self._last_line_at = self._now()
            self._display.say((f"  {activity}", "dim"))

    def _describe_running(self) -> str:
        now = self._now()
        running = [
            f"{event.agent} {describe_work(event.work)} ({format_elapsed(now - since)})"
            for event, since in self._running.values()
        ]
        return ", ".join(running) or f"waiting for {self._waiting_for} ({format_elapsed(now - self._last_event_at)})"

    def _record(self, event: TimelineEvent) -> None:
        if event.type is EventType.WORK_STARTED:
            self._running[event.work] = (event, self._now())
            return
        self._running.pop(event.work, None)
        self._waiting_for = _describe_wait(event)
        duration = "" if event.duration_ms is None else f"{event.duration_ms / 1000:.2f} s"
        queue = f"{event.agent}-queue → {event.agent}" if event.agent != "api" else "api"
        line = join_text(
            _choose_mark(event), f" {queue:<16} {describe_event(event):<14} ", (f"{duration:>7}", "dim"), "  ",
            colour_status(event.status), f"  {printable(_describe_detail(event))}",
        )  # fmt: skip
        line.rstrip()
        self._display.say(line)


def format_elapsed(seconds: float) -> str:
    """Return a duration as text: 12 s, 3 min 5 s, 2 h 10 min."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _is_interrupted(event: TimelineEvent) -> bool:
    """Return whether work failed but will be retried automatically."""
    return event.type is EventType.WORK_FAILED and event.status not in FINAL


def _choose_mark(event: TimelineEvent) -> TextPart:
    if _is_interrupted(event):
        return "!", "yellow"
    return ("✗", "red") if event.type is EventType.WORK_FAILED else ("✓", "green")


def _describe_detail(event: TimelineEvent) -> str:
    """Return the text beside an event; the reason of a failed project is shown only at the end."""
    if _is_interrupted(event):
        return f"{event.detail}; it is tried again by itself"
    if event.type is EventType.WORK_FAILED:
        return ""
    if event.type is EventType.RETRY_REQUESTED:
        return ", ".join(describe_work(work) for work in event.detail.split(", "))
    return event.detail


def _describe_wait(event: TimelineEvent) -> str:
    if event.status is ProjectStatus.WAITING_FOR_QUOTA:
        return "the model's quota"
    return f"{describe_work(event.work)} to be tried again" if _is_interrupted(event) else "a queue"
