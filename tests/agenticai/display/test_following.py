"""Following a project: what it works on, what it waits for, and one line per event."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from agenticai.display.console import Display
from agenticai.display.following import QUIET_SECONDS, Following, format_elapsed
from shared.models.events import EventType, TimelineEvent
from shared.models.workflow import ProjectStatus

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

AT = datetime(2026, 1, 1, tzinfo=UTC)


def event(kind: EventType, status: ProjectStatus, detail: str = "", *, agent: str = "pm") -> TimelineEvent:
    return TimelineEvent(id="1", type=kind, at=AT, agent=agent, work="PLAN#1", attempt=1, status=status, detail=detail)


STARTED = event(EventType.WORK_STARTED, ProjectStatus.PLANNING)


@dataclass
class Watched:
    """A followed project on the test's own clock."""

    now: float = 0.0
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._following = Following(Display(), cast("Status", self), now=lambda: self.now)

    def update(self, text: "Text") -> None:
        """Stand in for the spinner."""
        self.shown.append(text.plain)

    def after(self, seconds: float, event: TimelineEvent | None = None) -> str:
        """Return the spinner's text if an event, or none, is seen that many seconds later."""
        self.now += seconds
        self._following(event)
        return self.shown[-1]


def test_work_and_waiting_are_shown_with_their_time() -> None:
    project = Watched()
    assert project.after(3) == "waiting for a queue (3 s)"
    assert project.after(0, STARTED) == "pm plan 1 (0 s)"
    assert project.after(65) == "pm plan 1 (1 min 5 s)"
    assert project.after(0, event(EventType.WORK_DONE, ProjectStatus.DEVELOPING)) == "waiting for a queue (0 s)"


def test_waiting_for_the_quota_and_for_another_try_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    project = Watched()
    project.after(0, STARTED)
    throttled = event(EventType.WORK_FAILED, ProjectStatus.PLANNING, "the model is throttled")
    assert project.after(0, throttled) == "waiting for plan 1 to be tried again (0 s)"
    spent = event(EventType.WORK_FAILED, ProjectStatus.WAITING_FOR_QUOTA, "the quota of today is spent")
    project.after(0, spent)
    assert project.after(7205) == "waiting for the model's quota (2 h 0 min)"
    said = capsys.readouterr().out
    assert (
        "! pm-queue → pm    plan 1                  PLANNING  the model is throttled; it is tried again by itself"
        in said
    )
    assert "WAITING_FOR_QUOTA  the quota of today is spent; it is tried again by itself" in said


def test_where_no_spinner_is_a_line_says_now_and_then_that_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    project = Watched()
    project.after(QUIET_SECONDS - 1)
    assert capsys.readouterr().out == ""
    for _ in range(130):
        project.after(1)
    assert capsys.readouterr().out.splitlines() == [
        "  waiting for a queue (1 min 0 s)",
        "  waiting for a queue (2 min 0 s)",
        "  waiting for a queue (3 min 0 s)",
    ]


def test_the_reason_of_a_failure_is_left_to_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    Watched().after(0, event(EventType.WORK_FAILED, ProjectStatus.FAILED, "no reply fits"))
    assert capsys.readouterr().out == "✗ pm-queue → pm    plan 1                  FAILED\n"


def test_what_is_retried_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    asked = event(EventType.RETRY_REQUESTED, ProjectStatus.PLANNING, "PLAN#2, TASK#1.0#store, TEST#1.0", agent="api")
    Watched().after(0, asked)
    assert capsys.readouterr().out == "✓ api              retry                   PLANNING  plan 2, store, test 1.0\n"


def test_no_event_can_pretend_to_be_two(capsys: pytest.CaptureFixture[str]) -> None:
    Watched().after(0, event(EventType.WORK_DONE, ProjectStatus.DEVELOPING, "done\n✓ ops COMPLETED\x1b[A"))
    assert capsys.readouterr().out.endswith("DEVELOPING  done\\n✓ ops COMPLETED\\x1b[A\n")


@pytest.mark.parametrize(("seconds", "words"), [(0.9, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (7265, "2 h 1 min")])
def test_times_are_in_words(seconds: float, words: str) -> None:
    assert format_elapsed(seconds) == words
