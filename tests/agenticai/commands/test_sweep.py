"""The output and exit status of `sweep`: what broke, how to repeat it, and the faults that it accepts."""

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.sweep import Selection, TrialBasis, choose_exit_status, try_selection
from agenticai.display.console import Display
from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.faults.rules import Fault, Fired, RecordedCall
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.invariants import Violation
from agenticai.scenarios.sweeping.ending import Ending, ProjectEnd
from agenticai.scenarios.sweeping.judging import TrialVerdict
from agenticai.scenarios.sweeping.sweep import SIDES, Case
from agenticai.stack.outputs import StackOutputs
from shared.models.workflow import ProjectStatus
from tests.fakes.benches import FakeBenches
from tests.fakes.replayed import scenario

DEV, API = "agenticai-dev-agent-dev", "agenticai-api-dev"
OUTPUTS = StackOutputs("dev", "", "", "", "", {}, {}, {"dev": DEV, "api": API}, "", "")
CALLS = tuple(
    RecordedCall(function=DEV, number=number, service="s3", operation=operation)
    for number, operation in enumerate(("GetObject", "PutObject", "PutObject"), start=1)
)
CLEAN = Ending(projects={"greeting": ProjectEnd(ProjectStatus.COMPLETED, "1.0", 100, {})}, calls=CALLS)
FIRED = Fired(rule=0, at=datetime(2026, 1, 1, tzinfo=UTC), function=DEV, what="s3 PutObject, call 2")
SURVIVED = replace(CLEAN, fired=(FIRED,))
BROKEN = replace(SURVIVED, violations=(Violation("nothing vanishes", "1", "it is [DEVELOPING]"),))
LOSING = Case(DEV, "s3", "PutObject", 2, "after")


def sound(_: Bench, __: Sequence[Fault]) -> Ending:
    return SURVIVED


def losing(_: Bench, faults: Sequence[Fault]) -> Ending:
    """Return the end of a factory that loses its project if it is killed after its second PutObject."""
    return BROKEN if LOSING.fault in faults else SURVIVED


def fragile(_: Bench, __: Sequence[Fault]) -> Ending:
    return BROKEN


def shown(rehearse: object, selection: Selection, *, as_json: bool = False) -> Counter[TrialVerdict]:
    with BenchPool(FakeBenches(), 1) as pool:
        screen, program = Display(as_json=as_json), ".venv/bin/agenticai"
        ground = TrialBasis(screen, "my greeting", pool, rehearse, CLEAN, OUTPUTS, program)  # type: ignore[arg-type]
        return try_selection(ground, selection)


def test_a_case_that_breaks_something_is_shown_with_its_evidence_and_how_to_repeat_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts = shown(losing, Selection(SIDES["all"]))
    assert (counts, choose_exit_status(counts)) == ({TrialVerdict.SURVIVED: 8, TrialVerdict.VIOLATED: 1}, 1)
    printed = capsys.readouterr().out
    assert f"✗ {LOSING}: violated\n    nothing vanishes: 1: it is [DEVELOPING]\n" in printed
    again = shlex.split(printed.partition("again: ")[2].partition("\n")[0])
    assert again[:4] == [".venv/bin/agenticai", "sweep", "my greeting", "--only"]
    assert Case.parse(again[4]) == LOSING
    assert "9 replays in 0 s: 8 survived, 1 violated" in printed


def test_the_table_has_a_row_for_each_operation_of_a_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert choose_exit_status(shown(sound, Selection(SIDES["both"]))) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line]
    assert rows[-5:-1] == [
        ["function", "call", "cases", "survived", "violated"],
        [DEV, "s3", "GetObject", "2", "2", "0"],
        ["s3", "PutObject", "4", "4", "0"],
        ["all", "6", "6", "0"],
    ]


def test_a_sample_a_limit_and_cases_by_name_select_what_is_tried() -> None:
    assert (
        Selection(SIDES["both"], every=2).choose_cases(CLEAN, OUTPUTS)
        == [*Selection().choose_cases(CLEAN, OUTPUTS)][::2]
    )
    assert len(Selection(limit=2).choose_cases(CLEAN, OUTPUTS)) == 2
    assert Selection(only=(LOSING,)).choose_cases(CLEAN, OUTPUTS) == [LOSING]


@pytest.mark.parametrize("choice", [{"only": (LOSING,)}, {"every": 2}, {"limit": 1}])
def test_cases_and_seeds_are_not_tried_at_once(choice: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="leave out --only, --every and --limit"):
        Selection(seeds=1, **choice)


def test_a_machine_reads_the_verdict_on_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    shown(losing, Selection(only=(LOSING,)), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["verdicts"] == {"violated": 1}
    evidence = ["nothing vanishes: 1: it is [DEVELOPING]"]
    assert document["cases"] == [{"case": str(LOSING), "verdict": "violated", "evidence": evidence}]


def test_a_schedule_that_breaks_something_is_shown_as_the_faults_of_a_scenario(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts = shown(fragile, Selection(seeds=1, seed=3))
    assert choose_exit_status(counts) == 1
    printed = capsys.readouterr().out
    assert "again: .venv/bin/agenticai sweep 'my greeting' --seeds 1 --seed 3\n" in printed
    faults = parse_yaml("faults:" + printed.partition("\nfaults:")[2].partition("\n1 replays")[0])
    (fault,) = scenario(**faults).faults
    assert fault.when.model_dump()["function"] == "dev"


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({TrialVerdict.SURVIVED: 1}, 0),
        ({TrialVerdict.SURVIVED: 1, TrialVerdict.NOT_REACHED: 1}, 0),
        ({TrialVerdict.NOT_REACHED: 1}, 1),
        ({TrialVerdict.SURVIVED: 9, TrialVerdict.VIOLATED: 1}, 1),
        ({TrialVerdict.SURVIVED: 9, TrialVerdict.CRASHED: 1}, 1),
        ({}, 1),
    ],
)
def test_the_exit_status_says_whether_all_that_was_shown_is_well(counts: dict[TrialVerdict, int], status: int) -> None:
    assert choose_exit_status(Counter(counts)) == status
