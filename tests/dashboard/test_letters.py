"""Dead letters are searched, and turned into scenarios that can be played."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agenticai.client.queues.model import Attempt, DeadLetter, RequestedWork
from agenticai.dashboard.components.texts import escape_markdown, format_age
from agenticai.dashboard.services.letters import StuckMessage, filter_letters, find_stuck, make_scenario
from agenticai.dashboard.services.payloads import format_body
from agenticai.scenarios.format.scenario import load
from agenticai.scenarios.format.script import Send
from shared.models.workflow import ProjectStatus
from tests.fakes.dashboard import HOSTILE, NOW, FakeSource, letter, message

THROTTLED, TIMED_OUT = letter("aaaaaaaa-1"), letter("bbbbbbbb-2", "Sandbox.Timedout", '{"project_id": "01JD"}')


@pytest.mark.parametrize(
    ("text", "cause", "ids"),
    [
        ("", None, ["aaaaaaaa-1", "bbbbbbbb-2"]),
        ("THROTTLING", None, ["aaaaaaaa-1"]),
        ("01jd", None, ["bbbbbbbb-2"]),
        ("request-1", "Sandbox.Timedout in persist", ["bbbbbbbb-2"]),
        ("nowhere", None, []),
    ],
)
def test_a_search_looks_at_all_that_is_known(text: str, cause: str | None, ids: list[str]) -> None:
    assert [one.message.id for one in filter_letters([THROTTLED, TIMED_OUT], text, cause)] == ids


def played(tmp_path: Path, dead: DeadLetter, project: Any = None) -> Any:
    text = make_scenario(dead, "dev", project)
    assert text
    name = text.splitlines()[0].partition(": ")[2]
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load(tmp_path / f"{name}.yaml")


@pytest.mark.parametrize("body", ["", "no json", HOSTILE, "[1, 2]", '"text"', '{"a": {"b": ["x"]}}'])
def test_a_scenario_sends_the_message_once_more(tmp_path: Path, body: str) -> None:
    dead = DeadLetter(message("12345678-1", body), RequestedWork(None, None, None))
    sent = next(step for step in played(tmp_path, dead).steps if isinstance(step, Send)).send
    assert (sent.body if isinstance(sent.body, str) else json.dumps(sent.body)) == body


def test_what_would_be_taken_for_a_project_is_left_out() -> None:
    assert make_scenario(DeadLetter(message("m", "${nobody}"), RequestedWork(None, None, None)), "dev", None) is None


def test_a_message_is_for_the_project_that_is_made_anew(tmp_path: Path) -> None:
    body = json.dumps({"project_id": "01JD", "key": "projects/01JD/a.py"})
    dead = DeadLetter(message("12345678-1", body), RequestedWork("01JD", None, None))
    project = cast("Any", SimpleNamespace(id="01JD", name="Greeting", requirements="Greet.\n\nWell."))
    scenario = played(tmp_path, dead, project)
    sent = next(step for step in scenario.steps if isinstance(step, Send)).send
    assert sent.body == {"project_id": "${project}", "key": "projects/${project}/a.py"}
    assert scenario.projects["project"].requirements == "Greet.\n\nWell."


@pytest.mark.parametrize(("body", "status"), [("{}", ProjectStatus.DEVELOPING), ("${nobody}", ProjectStatus.COMPLETED)])
def test_what_aws_refused_is_refused_again(tmp_path: Path, body: str, status: ProjectStatus) -> None:
    said = "S3 could not store a: An error occurred (AccessDenied) when calling the PutObject operation: no"
    attempt = Attempt(NOW, "Retryable", said, "request-1")
    dead = DeadLetter(message("12345678-1", body), RequestedWork("01JD", None, None), (attempt,))
    project = cast("Any", SimpleNamespace(id="01JD", name="Greeting", requirements="Greet.", status=status))
    scenario = played(tmp_path, dead, project)
    (rule,) = scenario.faults
    assert (rule.when.function, rule.when.operation, rule.then.code) == ("dev", "PutObject", "AccessDenied")
    assert scenario.expect.projects["project"].status is ProjectStatus.DEVELOPING
    assert not [step for step in scenario.steps if isinstance(step, Send)]


@pytest.mark.parametrize(
    ("status", "letters", "exact", "stuck"),
    [
        (ProjectStatus.DEVELOPING, 1, True, StuckMessage("dev", 1, surely=True)),
        (ProjectStatus.DEVELOPING, 0, True, None),
        (ProjectStatus.PLANNING, 1, True, None),
        (ProjectStatus.CREATED, 1, True, None),
        (ProjectStatus.COMPLETED, 1, True, None),
        (ProjectStatus.DEVELOPING, 3, False, StuckMessage("dev", 3, surely=False)),
        (ProjectStatus.DEVELOPING, 101, True, StuckMessage("dev", 101, surely=False)),
    ],
)
def test_a_project_whose_message_is_dead_is_stuck(
    status: ProjectStatus, letters: int, exact: bool, stuck: StuckMessage | None
) -> None:
    dead = [letter(f"m{number}") for number in range(letters)]  # for the project 01JD
    source = cast("Any", FakeSource(dead, exact=exact))
    assert find_stuck(source, cast("Any", SimpleNamespace(id="01JD", status=status))) == stuck
    other = find_stuck(source, cast("Any", SimpleNamespace(id="other", status=status)))
    assert other == (None if stuck is None or stuck.surely else stuck)


def test_a_project_that_no_agent_has_begun_waits_for_pm() -> None:
    said = "An error occurred (Throttling) when calling the TransactWriteItems operation: slow"
    dead = DeadLetter(
        message("12345678-1", "{}"), RequestedWork("01JD", None, None), (Attempt(NOW, "Retryable", said, "r"),)
    )
    begun = SimpleNamespace(id="01JD", name="Greeting", requirements="Greet.", status=ProjectStatus.CREATED)
    assert "status: CREATED" in str(make_scenario(dead, "pm", cast("Any", begun)))
    gone_on = SimpleNamespace(**{**vars(begun), "status": ProjectStatus.TESTING})
    assert "status: PLANNING" in str(make_scenario(dead, "pm", cast("Any", gone_on)))


def test_bodies_are_easy_to_read_and_of_a_bounded_length() -> None:
    assert format_body('{"a":1}') == '{\n  "a": 1\n}'
    assert format_body("no json") == "no json"
    assert format_body("x" * 50, most=10) == "xxxxxxxxxx\n… 40 more characters"
    assert format_body("[" * 100_000, most=10).startswith("[[[")


def test_a_label_shows_every_character_and_means_nothing() -> None:
    assert escape_markdown("a*b <i>") == r"a\*b \<i\>"
    assert "\u202e" not in escape_markdown(HOSTILE)
    assert "\x1b" not in escape_markdown(HOSTILE)


def test_ages() -> None:
    assert [format_age(None), format_age(0), format_age(65), format_age(90_000)] == ["-", "0 s", "1 min 5 s", "1 d 1 h"]
