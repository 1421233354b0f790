"""The sweep over fakes: the cases of a run, the verdict on each, and the loss of a bench."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from typer.main import get_command

from agenticai.client.errors import ApiError
from agenticai.command_line import app
from agenticai.emulator.faults.rules import Call, CallFault, DeliverAgain, Fault, Fired, Kill, RecordedCall
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import ScenarioError
from agenticai.scenarios.invariants import Violation
from agenticai.scenarios.invariants.rules import INVARIANTS
from agenticai.scenarios.sweeping.ending import Ending, ProjectEnd, find_differences
from agenticai.scenarios.sweeping.judging import TrialVerdict, judge_trial
from agenticai.scenarios.sweeping.sweep import SIDES, Case, list_cases, sweep
from shared.models.workflow import ProjectStatus
from tests.fakes.benches import FakeBenches, FakeEngine

DOCS = Path(__file__).parents[3] / "docs"
DEV, API = "agenticai-dev-agent-dev", "agenticai-api-dev"
END = ProjectEnd(ProjectStatus.COMPLETED, "1.2", 97.5, {"a.py": "a" * 64, "b.py": "b" * 64})
FIRED = Fired(rule=0, at=datetime(2026, 1, 1, tzinfo=UTC), function=DEV, what="s3 PutObject, call 3: kill before")
CLEAN = Ending(projects={"expenses": END})
KILLED = replace(CLEAN, fired=(FIRED,))


def call(function: str, number: int, service: str, operation: str) -> RecordedCall:
    return RecordedCall(function=function, number=number, service=service, operation=operation)


CALLS = (
    call(API, 1, "dynamodb", "GetItem"),
    call(DEV, 1, "dynamodb", "GetItem"),
    call(DEV, 2, "gemini", "GenerateContent"),
    call(DEV, 3, "dynamodb", "GetItem"),
)


# --- cases


def test_each_call_is_a_case_on_each_side_counted_by_function_and_operation() -> None:
    assert [str(case) for case in list_cases(CALLS)] == [
        f"{API}:dynamodb.GetItem:1:before",
        f"{DEV}:dynamodb.GetItem:1:before",
        f"{DEV}:gemini.GenerateContent:1:before",
        f"{DEV}:dynamodb.GetItem:2:before",
        f"{API}:dynamodb.GetItem:1:after",
        f"{DEV}:dynamodb.GetItem:1:after",
        f"{DEV}:gemini.GenerateContent:1:after",
        f"{DEV}:dynamodb.GetItem:2:after",
    ]
    assert [case.side for case in list_cases(CALLS, SIDES["after"])] == ["after"] * 4


def test_a_sample_has_cases_of_every_side() -> None:
    calls = [call(DEV, number, "s3", "GetObject") for number in range(1, 101)]
    for every in range(2, 30):
        assert {case.side for case in [*list_cases(calls, SIDES["all"])][::every]} == {"before", "after", "again"}


def test_only_what_takes_messages_has_them_delivered_again() -> None:
    again = list(list_cases(CALLS, SIDES["again"], synchronous=[API]))
    assert [case.function for case in again] == [DEV] * 3
    assert again[-1].fault.then == DeliverAgain(do="deliver again")


def test_a_case_is_read_as_it_is_written_and_kills_at_its_call() -> None:
    cases = list(list_cases(CALLS, SIDES["all"]))
    assert [Case.parse(str(case)) for case in cases] == cases
    when = Call(function=DEV, service="dynamodb", operation="GetItem", nth=2)
    assert cases[7].fault == CallFault(when=when, then=Kill(do="kill", side="after"))


@pytest.mark.parametrize(
    "text", ["", "dev", f"{DEV}:17:before", f"{DEV}:s3.PutObject:0:before", f"{DEV}:s3.PutObject:1:during"]
)
def test_what_is_not_a_case_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="is not a case"):
        Case.parse(text)


# --- judging

BENCH = cast("Bench", object())


def rehearsing(ending: Ending) -> Callable[[Bench, Sequence[Fault]], Ending]:
    return lambda bench, faults: ending


def test_a_replay_that_ends_like_the_clean_one_survived() -> None:
    assert judge_trial(rehearsing(KILLED), CLEAN, (), BENCH).verdict is TrialVerdict.SURVIVED


def test_a_replay_whose_fault_never_came_shows_nothing() -> None:
    assert judge_trial(rehearsing(CLEAN), CLEAN, (), BENCH).verdict is TrialVerdict.NOT_REACHED


def test_a_violation_is_one_however_well_the_project_ended() -> None:
    broken = replace(KILLED, violations=(Violation("nothing vanishes", "1", "it is DEVELOPING"),))
    for same_end in (True, False):
        judged = judge_trial(rehearsing(broken), CLEAN, (), BENCH, same_end=same_end)
        assert judged.verdict is TrialVerdict.VIOLATED
        assert judged.evidence == ("nothing vanishes: 1: it is DEVELOPING",)


OTHER = ProjectEnd(ProjectStatus.FAILED, "1.1", 40.0, {"a.py": "c" * 64, "d.py": "d" * 64}, "no plan")


def test_another_end_is_a_violation_unless_the_faults_allow_it() -> None:
    refused = ("Step 2 (modify expenses) failed: 409",)
    ended = replace(KILLED, projects={"expenses": OTHER}, dead_letters={"dev": 1}, not_taken=refused)
    assert judge_trial(rehearsing(ended), CLEAN, (), BENCH, same_end=False).verdict is TrialVerdict.SURVIVED
    judged = judge_trial(rehearsing(ended), CLEAN, (), BENCH)
    assert judged.verdict is TrialVerdict.VIOLATED
    assert judged.evidence == (
        *refused,
        "expenses is FAILED (no plan), and without faults COMPLETED",
        "expenses is at revision 1.1, and without faults at 1.2",
        "expenses has the score 40.0, and without faults 97.5",
        f"expenses has a.py with SHA-256 {'c' * 12}…, and without faults a.py with SHA-256 {'a' * 12}…",
        f"expenses has no b.py, and without faults b.py with SHA-256 {'b' * 12}…",
        f"expenses has d.py with SHA-256 {'d' * 12}…, and without faults no d.py",
        "the dev dead-letter queue holds 1 messages, and without faults 0",
    )


def test_a_project_that_is_gone_or_should_be() -> None:
    gone = replace(CLEAN, projects={"expenses": None})
    assert list(find_differences(CLEAN, gone)) == ["expenses is deleted, and without faults it is not"]
    assert list(find_differences(gone, CLEAN)) == ["expenses is there, and without faults it is not"]
    assert list(find_differences(gone, gone)) == []
    assert list(find_differences(CLEAN, replace(CLEAN, projects={}))) == [
        "expenses is deleted, and without faults it is not"
    ]


# --- the sweep


def test_each_case_is_tried_with_its_fault_and_a_lost_bench_counts_against_its_case() -> None:
    kills, forgets, crashes, survives = list_cases(CALLS, ("before",))

    def rehearse(bench: Bench, faults: Sequence[Fault]) -> Ending:
        if faults == (kills.fault,):
            raise ApiError("POST /api/projects was answered with 502")
        if faults == (crashes.fault,):
            cast("FakeEngine", bench.engine).running = False
            raise ApiError("The API does not answer")
        return CLEAN if faults == (forgets.fault,) else KILLED

    with BenchPool(FakeBenches(), 2) as pool:
        results = list(sweep(pool, rehearse, CLEAN, [kills, forgets, crashes, survives]))
    assert {result.case: result.judged.verdict for result in results} == {
        kills: TrialVerdict.VIOLATED,
        forgets: TrialVerdict.NOT_REACHED,
        crashes: TrialVerdict.CRASHED,
        survives: TrialVerdict.SURVIVED,
    }
    evidence = {result.case: result.judged.evidence for result in results}
    assert evidence[kills] == ("POST /api/projects was answered with 502",)


# --- the documents


def test_the_document_names_every_option_and_verdict() -> None:
    command = get_command(app).commands["sweep"]  # type: ignore[attr-defined]
    document = (DOCS / "sweep.md").read_text("utf-8")
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}`" not in document and option != "--help"] == []
    assert [verdict for verdict in TrialVerdict if f"| {verdict} |" not in document] == []
    assert [sides for sides in SIDES if f"`{sides}`" not in document] == []


def test_the_document_names_every_invariant() -> None:
    document = (DOCS / "invariants.md").read_text("utf-8")
    assert [name for name in INVARIANTS if f"| {name} |" not in document] == []
