"""The sweep on real engines: the factory survives kills at any point; one with a broken contract is detected."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.pool import BenchPool
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.scenarios.sweeping.ending import Ending
from agenticai.scenarios.sweeping.judging import RunTrial, TrialVerdict
from agenticai.scenarios.sweeping.rehearsal import make_trial_runner
from agenticai.scenarios.sweeping.schedules import FaultSites
from agenticai.scenarios.sweeping.seeds import try_seeds
from agenticai.scenarios.sweeping.sweep import SIDES, Case, CaseResult, list_cases, sweep
from agenticai.stack.template import TEMPLATE
from shared.models.workflow import ProjectStatus

API, DEV = "agenticai-api-dev", "agenticai-dev-agent-dev"
EVERY = 40
SEEDS = range(1, 5)
HANDLERS = Path(__file__).parents[2] / "handlers"
SENT_AGAIN = "                self.outgoing.send(outbox)\n"
"""In the worker: a redelivery that finds the work done sends the stored messages."""


@dataclass(frozen=True)
class Ground:
    """A pool, what replays on it, and the final state without faults."""

    pool: BenchPool
    rehearse: RunTrial
    clean: Ending


def ground(pool: BenchPool) -> Ground:
    """Replay the smallest project without its change once without faults."""
    rehearse = make_trial_runner(load(LIBRARY / "greeting.yaml").model_copy(update={"steps": ()}))
    return Ground(pool, rehearse, pool.submit(lambda bench: rehearse(bench, ())).result())


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The unchanged factory."""
    logs = tmp_path_factory.mktemp("sound")
    with BenchPool(lambda: bench(run_dir=logs), 1) as pool:
        yield ground(pool)


def test_without_faults_all_is_well(sound: Ground) -> None:
    (project,) = sound.clean.projects.values()
    assert project is not None
    assert project.status is ProjectStatus.COMPLETED
    assert sound.clean.violations == ()
    assert {call.service for call in sound.clean.calls} == {"dynamodb", "s3", "sqs", "ssm", "lambda", "gemini"}
    assert set(sound.clean.deliveries.values()) == {1, 2}


def test_whatever_happens_at_a_call_the_end_is_the_same(sound: Ground) -> None:
    cases = list(list_cases(sound.clean.calls, SIDES["all"], synchronous=[API]))[::EVERY]
    assert {case.side for case in cases} == {"before", "after", "again"}
    results = list(sweep(sound.pool, sound.rehearse, sound.clean, cases))
    assert {str(result.case): result.judged for result in results if not survived(result)} == {}
    assert len(results) == len(cases)


def survived(result: CaseResult) -> bool:
    return result.judged.verdict is TrialVerdict.SURVIVED


def test_the_invariants_hold_under_random_schedules(sound: Ground) -> None:
    material = FaultSites(sound.clean.calls, sound.clean.deliveries, synchronous=API)
    results = list(try_seeds(sound.pool, sound.rehearse, sound.clean, material, SEEDS))
    assert {r.seed: r.judged for r in results if r.judged.verdict is TrialVerdict.VIOLATED} == {}
    assert {r.judged.verdict for r in results} <= {TrialVerdict.SURVIVED, TrialVerdict.NOT_REACHED}


def test_a_contract_that_is_broken_on_purpose_is_found_out(tmp_path: Path, sound: Ground) -> None:
    """A worker that forgets its messages if it was killed before sending them."""
    shutil.copytree(HANDLERS, tmp_path / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    template = tmp_path / "stack" / TEMPLATE.name
    template.parent.mkdir()
    shutil.copy(TEMPLATE, template)
    worker = tmp_path / "handlers" / "shared" / "worker.py"
    assert worker.read_text().count(SENT_AGAIN) == 1
    worker.write_text(worker.read_text().replace(SENT_AGAIN, ""))

    lost = Case(DEV, "sqs", "SendMessage", 1, "before")
    with BenchPool(lambda: bench(run_dir=tmp_path / "engine", template=template), 1) as pool:
        broken = ground(pool)
        (result,) = sweep(pool, broken.rehearse, sound.clean, [lost])
    assert broken.clean.projects == sound.clean.projects
    assert result.judged.verdict is TrialVerdict.VIOLATED
    assert result.judged.evidence[0].startswith("nothing vanishes: ")
    assert "it is DEVELOPING, no queue has a message and no dead letter names it" in result.judged.evidence[0]
