"""The targets that `compare` accepts, and how it shows their results."""

import json
from typing import Any

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.compare import choose_targets
from agenticai.display import comparisons as show
from agenticai.display.console import Display
from agenticai.emulator.engines.engine_choice import EMBEDDED, EngineChoice
from agenticai.scenarios.comparing.comparison import ComparisonReport, ScenarioComparison, compare_observations
from tests.fakes.observed import observation
from tests.fakes.replayed import result, scenario

URL = "http://127.0.0.1:4567"


def test_targets_are_engines_to_start_and_stacks_that_are_up() -> None:
    assert choose_targets(f"embedded, localstack,{URL}", "process", None) == {
        "embedded": EMBEDDED,
        "localstack": EngineChoice("localstack"),
        URL: None,
    }
    assert choose_targets("localstack,embedded", None, None, image="mine")["localstack"] == EngineChoice(
        "localstack", image="mine"
    )
    assert choose_targets("localstack,embedded", None, URL)["localstack"] == EngineChoice("localstack", URL)


@pytest.mark.parametrize(
    ("names", "kind", "said"),
    [
        ("embedded", None, "Give at least two different targets"),
        ("embedded,embedded", None, "Give at least two different targets"),
        ("embedded,azure", None, "Unknown target 'azure': choose embedded, localstack, or the URL of a stack"),
        (f"embedded,{URL}", "process", "name localstack in --targets"),
    ],
)
def test_what_cannot_be_compared_is_refused(names: str, kind: str | None, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        choose_targets(names, kind, None)


COMPARED = compare_observations(
    "greeting",
    [
        observation(calls={("function", "s3", "PutObject"): 2, ("event source mapping", "sqs", "ReceiveMessage"): 4}),
        observation(
            "localstack",
            result(wall_s=9.0),
            calls={("function", "s3", "PutObject"): 3},
            counted=["function"],
            engine="LocalStack 4.13.1",
        ),
    ],
)
SKIPPED = ScenarioComparison(name="worker-crash", skipped="LocalStack 4.13.1 skips no time")
REPORT = ComparisonReport(
    engines={"embedded": "embedded", "localstack": "LocalStack 4.13.1"}, scenarios=(COMPARED, SKIPPED)
)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give tables the width that they have without a terminal."""
    monkeypatch.delenv("COLUMNS", raising=False)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    screen = Display()
    with show.live(screen, [scenario("greeting"), scenario("worker-crash")]) as progress:
        progress.show_work("localstack", "greeting: settle")
        for ended in REPORT.scenarios:
            progress.show_result(ended)
    show.present(screen, REPORT)
    return capsys.readouterr().out.splitlines()


def test_each_scenario_has_its_line_and_each_difference_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys)
    assert lines[:3] == [
        "✗ greeting     different  embedded 1.5 s, localstack 9.0 s",
        "    calls of s3 PutObject by function: 2 on embedded, 3 on localstack",
        "- worker-crash not compared: LocalStack 4.13.1 skips no time",
    ]
    assert lines[-1] == "1 different, 1 skipped; compared: embedded, localstack (LocalStack 4.13.1)"


def rows(lines: list[str], title: str) -> list[list[str]]:
    start = next(number for number, line in enumerate(lines) if line.startswith(title))
    end = next(number for number in range(start, len(lines)) if not lines[number].strip())
    return [line.split() for line in lines[start + 1 : end]]


def test_the_tables_tell_what_it_came_to_and_what_is_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys)
    assert [" ".join(row) for row in rows(lines, "What it came to")[1:]] == [
        "greeting embedded ✓ passed 5 6 not measured 1.5 s COMPLETED 1.0, scored 97.5",
        "localstack ✓ passed 5 3 not measured 9.0 s COMPLETED 1.0, scored 97.5",
    ]
    assert rows(lines, "AWS calls")[1:] == [
        ["s3", "PutObject", "function", "2", "3"],
        ["sqs", "ReceiveMessage", "event", "source", "mapping", "4", "not", "measured"],
    ]


def test_one_scenario_alone_is_shown_with_its_timelines(capsys: pytest.CaptureFixture[str]) -> None:
    told = rows(printed(capsys), "Timeline of hello")
    assert told[0] == ["work", "embedded", "localstack"]
    assert told[1][:3] == ["pm", "PLAN#1", "started"]


def test_a_machine_reads_it_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Display(as_json=True).emit(REPORT)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["schema"] == "agenticai-comparison/1"
    greeting, skipped = document["scenarios"]
    assert greeting["differences"] == [
        {
            "subject": "calls",
            "of": "s3 PutObject by function",
            "first": "2",
            "other": "3",
            "first_target": "embedded",
            "other_target": "localstack",
        }
    ]
    assert greeting["observations"][1]["counted"] == ["function"]
    assert skipped["skipped"].startswith("LocalStack")
