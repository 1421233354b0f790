"""Queues, letters and log lines in a terminal: complete ids, hostile text shown as text."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from agenticai.client.durations import format_age
from agenticai.client.logs import LogEvent
from agenticai.client.queues.model import (
    AgentQueues,
    Attempt,
    DeadLetter,
    Depth,
    QueueState,
    RedriveOutcome,
    RedriveResult,
    RequestedWork,
)
from agenticai.display import queues as show
from tests.agenticai.client.queues.test_model import AT, PROJECT, TASK, message

HOSTILE = "[/nope] \x1b[31m [bold]\u202e"
ID = "348e63d6-6f1f-4687-bebc-88bc7f3c50ff"


def shown(*parts: Any, width: int = 60) -> str:
    """Return what a narrow terminal without colours shows."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str | Text))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def state(name: str, visible: int, oldest_s: float | None) -> QueueState:
    return QueueState(name, Depth(visible, 0, 0), oldest_s)


def test_queues_have_a_line_each_and_names_are_never_cut() -> None:
    known = AgentQueues("pm", state("agenticai-pm-queue-dev", 0, None), state("agenticai-pm-dlq-dev", 12, 93_784.0))
    unknown = AgentQueues("qa", state("agenticai-qa-queue-dev", 1, None), state("agenticai-qa-dlq-dev", 0, None))
    lines = shown(show.tabulate_queues([known, unknown])).splitlines()
    assert lines[1].split() == ["agenticai-pm-queue-dev", "0", "0", "0"]
    assert lines[2].split() == ["agenticai-pm-dlq-dev", "12", "0", "0", "1", "d", "2", "h"]
    assert lines[3].split() == ["agenticai-qa-queue-dev", "1", "0", "0", "-"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (0, "0 s"), (59.9, "59 s"), (125, "2 min 5 s"), (3600, "1 h"), (90_061, "1 d 1 h")],
)
def test_ages(seconds: float, text: str) -> None:
    assert format_age(seconds) == text


def letter(body: str, *reasons: str) -> DeadLetter:
    attempts = tuple(Attempt(AT, "Poison", reason, "request-id") for reason in reasons)
    return DeadLetter(message(body, ID), RequestedWork.of(body), attempts)


def lines_of(dead: DeadLetter, *, full: bool = False) -> list[str]:
    return shown(*show.describe_letter(dead, "pm", AT + timedelta(minutes=3), full=full)).splitlines()


def test_a_letter_tells_its_project_its_work_and_its_last_failure() -> None:
    lines = lines_of(letter(json.dumps(TASK), "first", "last\nwith more"))
    assert lines[0] == ID
    text = "\n".join(lines)
    assert PROJECT in text
    assert "TASK#2.0#store (task-ready/2)" in text
    assert "2026-01-01 00:00:00Z, 3 min ago" in text
    assert "Poison: last" in text
    assert "first" not in text
    assert "with more" not in text


def test_in_full_it_tells_every_attempt_and_the_whole_body_formatted() -> None:
    lines = lines_of(letter(json.dumps({**TASK, "long": "x" * 500}), "first", "last\nwith more"), full=True)
    text = "\n".join(lines)
    assert "Poison: first" in text
    assert "with more" in text
    assert '      "task_id": "store",' in lines
    assert "x" * 500 in text


def test_a_long_body_is_cut_and_says_so() -> None:
    (line,) = [line for line in lines_of(letter("z" * 1000)) if "zzz" in line]
    assert line.endswith("(1000 characters; --full shows all)")
    assert line.count("z") == show.SHOWN_BODY


@pytest.mark.parametrize("full", [False, True])
def test_hostile_text_in_a_letter_is_shown_as_text(full: bool) -> None:
    dead = DeadLetter(
        message(HOSTILE, HOSTILE),
        RequestedWork(HOSTILE, HOSTILE, HOSTILE, None),
        (Attempt(AT, HOSTILE, HOSTILE, HOSTILE),),
    )
    text = "\n".join(lines_of(dead, full=full))
    assert text.count("[/nope] \\x1b[31m [bold]\\u202e") == 8
    assert "\x1b" not in text
    assert "nothing that an agent can read" in "\n".join(lines_of(letter("{")))
    assert "nothing is logged of it" in "\n".join(lines_of(letter("{")))


def test_what_became_of_letters() -> None:
    redriven = (
        RedriveResult("1", RedriveOutcome.SENT, RequestedWork(PROJECT, None, None), "new-1"),
        RedriveResult("2", RedriveOutcome.NOT_SENT, RequestedWork(None, None, None), reason=HOSTILE),
        RedriveResult("3", RedriveOutcome.NOT_THERE),
    )
    assert list(map(show.describe_redriven, redriven)) == [
        f"1 sent back as new-1, of project {PROJECT}",
        "2 not sent: [/nope] \\x1b[31m [bold]\\u202e",
        "3 not there, or in flight",
    ]


def logged(text: str) -> list[str]:
    return shown(*show.describe_event(LogEvent(AT + timedelta(milliseconds=7), "pm", "stream", text))).splitlines()


def test_a_structured_line_is_its_message_and_what_it_tells_beside() -> None:
    said = {"level": "ERROR", "message": "failed", "timestamp": "t", "project_id": PROJECT, "count": [1]}
    assert logged(json.dumps(said)) == [f"00:00:00.007 pm  ERROR failed project_id={PROJECT} count=[1]"]
    with_trace = logged(json.dumps({**said, "exception": "Traceback:\n  File x\nError: why"}))
    assert with_trace[1:] == ["    Traceback:", "      File x", "    Error: why"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("REPORT RequestId: 1\tDuration: 2 ms\n", "REPORT RequestId: 1  Duration: 2 ms"),
        ('{"message": 7}', '{"message": 7}'),
        ('["message"]', '["message"]'),
        ("[" * 5000, "[" * 5000),
        (HOSTILE, "[/nope] \\x1b[31m [bold]\\u202e"),
        (json.dumps({"message": HOSTILE, HOSTILE: HOSTILE}), None),
    ],
)
def test_any_other_line_is_shown_as_it_is(text: str, line: str | None) -> None:
    (told,) = logged(text)
    assert "\x1b" not in told
    if line is not None:
        assert told == f"00:00:00.007 pm  {line}"
