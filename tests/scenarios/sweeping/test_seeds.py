"""Seeds tried over fakes: failures are found, shrunk, and written as scenario files."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.faults.rules import (
    BadReply,
    Call,
    CallFault,
    Delivery,
    DeliveryFault,
    Duplicate,
    Error,
    Fault,
    Fired,
    Kill,
    ModelReply,
    RecordedCall,
)
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.errors import StepFailed
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.naming import name_agents, name_deployed
from agenticai.scenarios.sweeping.ending import Ending, ProjectEnd
from agenticai.scenarios.sweeping.judging import TrialJudgement, TrialVerdict
from agenticai.scenarios.sweeping.schedules import FaultSites, make_schedule, may_end_otherwise
from agenticai.scenarios.sweeping.seeds import SeedResult, shrink_result, try_seeds, write_yaml
from agenticai.stack.outputs import StackOutputs
from shared.models.workflow import ProjectStatus
from tests.fakes.benches import FakeBenches

DEV = "agenticai-dev-agent-dev"
OUTPUTS = StackOutputs(
    stage="dev",
    api_id="api",
    api_url="http://127.0.0.1/api",
    table_name="table",
    bucket_name="bucket",
    queue_urls={"dev": "http://127.0.0.1/000000000000/agenticai-dev-queue-dev"},
    dead_letter_queue_urls={},
    function_names={"dev": DEV, "api": "agenticai-api-dev"},
    api_token_parameter="/token",
    gemini_api_key_parameter="/key",
)
CALLS = tuple(
    RecordedCall(function=DEV, number=number, service=service, operation=operation)
    for number, (service, operation) in enumerate(
        [("dynamodb", "GetItem"), ("gemini", "GenerateContent"), ("s3", "PutObject"), ("sqs", "SendMessage")], start=1
    )
)
MATERIAL = FaultSites(CALLS, {"agenticai-dev-queue-dev": 2}, "agenticai-api-dev")
FIRED = Fired(rule=0, at=datetime(2026, 1, 1, tzinfo=UTC), function=DEV, what="kill")
END = ProjectEnd(ProjectStatus.COMPLETED, "1.0", 100.0, {})
CLEAN = Ending(projects={"demo": END}, fired=(FIRED,))
FAILED = replace(CLEAN, projects={"demo": replace(END, status=ProjectStatus.FAILED, reason="no plan")})

KILL = CallFault(
    when=Call(function=DEV, service="sqs", operation="SendMessage", nth=1), then=Kill(do="kill", side="before")
)
REFUSED = CallFault(when=Call(function=DEV, service="gemini"), then=BadReply(do="reply", reply=ModelReply.SAFETY))
THROTTLED = CallFault(
    when=Call(function=DEV, service="s3", nth=2, times=3), then=Error(do="error", code="SlowDown", status=503)
)
TWICE = DeliveryFault(
    when=Delivery(on="delivery", queue="agenticai-dev-queue-dev", nth=2), then=Duplicate(do="duplicate")
)


def fails_where_sending_is_hit(bench: Bench, faults: Sequence[Fault]) -> Ending:
    """Lose the project if a call to SQS has a fault."""
    return FAILED if _hits_sending(faults) else CLEAN


def _hits_sending(faults: Sequence[Fault]) -> bool:
    return any(isinstance(fault, CallFault) and fault.when.service == "sqs" for fault in faults)


def test_seeds_are_tried_each_with_its_own_schedule() -> None:
    with BenchPool(FakeBenches(), 2) as pool:
        results = list(try_seeds(pool, fails_where_sending_is_hit, CLEAN, MATERIAL, range(40)))
    assert sorted(result.seed for result in results) == list(range(40))
    assert {result.seed: result.faults for result in results} == {n: make_schedule(n, MATERIAL) for n in range(40)}
    judged = [result for result in results if not may_end_otherwise(result.faults)]
    assert {(result.judged.verdict, _hits_sending(result.faults)) for result in judged} == {
        (TrialVerdict.VIOLATED, True),
        (TrialVerdict.SURVIVED, False),
    }


def test_where_the_model_refuses_the_project_may_fail() -> None:
    seeds = [seed for seed in range(200) if _replies(make_schedule(seed, MATERIAL)) & {ModelReply.SAFETY}]
    assert seeds
    with BenchPool(FakeBenches(), 1) as pool:
        results = list(try_seeds(pool, lambda bench, faults: FAILED, CLEAN, MATERIAL, seeds))
    assert {result.judged.verdict for result in results} == {TrialVerdict.SURVIVED}


def _replies(faults: Sequence[Fault]) -> set[ModelReply]:
    return {fault.then.reply for fault in faults if isinstance(fault.then, BadReply)}


def test_a_failing_schedule_is_shrunk_to_what_breaks_and_says_what_that_is() -> None:
    found = SeedResult(7, (TWICE, THROTTLED, KILL), TrialJudgement(TrialVerdict.VIOLATED, ("something",)))
    with BenchPool(FakeBenches(), 1) as pool:
        least = shrink_result(pool, fails_where_sending_is_hit, CLEAN, found)
    assert least is not None
    assert least.faults == (KILL,)
    assert least.judged.evidence == ("demo is FAILED (no plan), and without faults COMPLETED",)


def test_a_schedule_that_costs_its_bench_is_shrunk_too() -> None:
    def stuck(bench: Bench, faults: Sequence[Fault]) -> Ending:
        if TWICE in faults:
            raise StepFailed("It did not come to rest")
        return CLEAN

    benches = FakeBenches()
    found = SeedResult(7, (KILL, TWICE), TrialJudgement(TrialVerdict.VIOLATED, ("It did not come to rest",)))
    with BenchPool(benches, 1) as pool:
        least = shrink_result(pool, stuck, CLEAN, found)
    assert least is not None
    assert least.faults == (TWICE,)
    assert len(benches.started) > 1


def test_what_does_not_happen_again_is_not_shrunk() -> None:
    found = SeedResult(7, (TWICE, THROTTLED), TrialJudgement(TrialVerdict.VIOLATED, ("It did not come to rest",)))
    with BenchPool(FakeBenches(), 1) as pool:
        assert shrink_result(pool, lambda bench, faults: CLEAN, CLEAN, found) is None


def test_faults_are_written_as_a_scenario_reads_them() -> None:
    faults = (KILL, REFUSED, THROTTLED, TWICE)
    text = write_yaml(name_agents(faults, OUTPUTS))
    assert "function: dev" in text
    assert "queue: dev" in text
    document = {"name": "n", "description": "d", "projects": {"demo": {"name": "x", "requirements": "y"}}}
    scenario = Scenario.model_validate({**document, **parse_yaml(text)})
    assert name_deployed(scenario.faults, OUTPUTS) == faults
