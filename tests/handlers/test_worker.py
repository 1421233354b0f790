"""The worker contract: when a message is put off, what the end of work writes, and what a conflict leads to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared import items, manifests
from shared.deletion import Deletion
from shared.language_model.port import Delivery
from shared.metrics import Measured, Metric, ignore_metrics
from shared.models.errors import Deferrable, Poison, Retryable, Terminal
from shared.models.events import EventType
from shared.models.messages import PlanRequested, TaskReady
from shared.models.project import Project, Revision, StoredObject, TokenUsage
from shared.models.records import FileRecord, Manifest, TestRecord
from shared.models.workflow import AT_REST, FINAL, LEGAL_MOVES, TAKEN_BACK, ProjectStatus, list_sources
from shared.projects import Projects
from shared.reversal import Reversals
from shared.storage.table import Conflict, Key, Put
from shared.worker import Worker, WorkOutcome
from shared.works import Abandoned, AlreadyDone, Changes, Claimed, Deleted, Works
from tests.fakes.objects import InMemoryObjects
from tests.fakes.outgoing import SentMessages
from tests.fakes.table import InMemoryTable

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "0" * 26
NOW = datetime(2026, 1, 2, tzinfo=UTC)
MESSAGE = PlanRequested(project_id=ID, correlation_id="c", revision=Revision(build=1))
NEXT = TaskReady(project_id=ID, correlation_id="c", revision=Revision(build=1), task_id="a")
SPENT = TokenUsage(calls=1, prompt_tokens=2, output_tokens=3)


class Agent:
    """An agent that does, and concludes, what a test says."""

    name = "pm"
    status = ProjectStatus.PLANNING

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.changes = Changes(move=ProjectStatus.DEVELOPING, outbox=(NEXT,), detail="planned")
        self.concluded = 0

    def work(self, message: PlanRequested, project: Project, delivery: Delivery) -> str:
        assert delivery.remaining() == 300.0
        delivery.tokens += SPENT
        if self.fault:
            raise self.fault
        return "result"

    def conclude(self, message: PlanRequested, project: Project, result: str) -> Changes:
        assert (message, project.status, result) == (MESSAGE, ProjectStatus.PLANNING, "result")
        self.concluded += 1
        return self.changes


class Bench:
    """A worker over fakes with one project, whose plan is asked for; the clock stands still."""

    def __init__(self, status: ProjectStatus = ProjectStatus.CREATED) -> None:
        self.table, self.objects, self.sent, self.agent = InMemoryTable(), InMemoryObjects(), SentMessages(), Agent()
        self.now = NOW
        self.notes: list[str] = []
        self.measured: list[Measured] = []
        ids: Iterator[str] = (f"{number:026d}" for number in range(1, 99))
        self.works = Works(self.table, clock=lambda: self.now, identifiers=lambda: next(ids))
        self.projects = Projects(self.table)
        project = Project(
            id=ID, name="n", status=status, revision=MESSAGE.revision, created_at=NOW, updated_at=NOW, version=1,
            requirements="r",
        )  # fmt: skip
        self.table.write(Put(items.make_metadata_key(ID), items.to_metadata(project)), items.put_pending(MESSAGE))
        self.worker = Worker(
            self.agent, self.works, Deletion(self.table, self.objects), Reversals(self.projects, self.objects),
            self.sent, self.notes.append, lambda: self.now, self.measured.append,
        )  # fmt: skip

    def handle(self, message: PlanRequested = MESSAGE) -> WorkOutcome:
        return self.worker.handle(message, lambda: 300.0)

    @property
    def project(self) -> Project:
        found = self.projects.get(ID)
        assert found
        return found

    @property
    def work(self) -> dict[str, object]:
        return self.table.items[items.make_work_key(MESSAGE)]


def test_done_work_is_stored_sent_and_measured() -> None:
    bench = Bench()
    assert bench.handle() is WorkOutcome.DONE
    assert (bench.sent.messages, bench.sent.delays) == ([NEXT], [0])
    assert bench.measured == [{Metric.BEGUN: 1}, {Metric.PROMPT_TOKENS: 2, Metric.OUTPUT_TOKENS: 3}]
    assert (bench.project.status, bench.project.version, bench.project.tokens) == (ProjectStatus.DEVELOPING, 3, SPENT)
    assert bench.work == {
        "work": "PLAN#1", "revision": {"build": 1, "round": 0}, "state": "DONE", "attempts": 1, "failure": None,
        "started_at": "2026-01-02T00:00:00Z", "finished_at": "2026-01-02T00:00:00Z",
        "outbox": [NEXT.model_dump(mode="json", by_alias=True)],
    }  # fmt: skip
    begun, done = bench.projects.list_events(ID)
    assert (begun.type, begun.attempt, begun.status, begun.agent, begun.work, begun.duration_ms, begun.detail) == (
        EventType.WORK_STARTED, 1, ProjectStatus.PLANNING, "pm", "PLAN#1", None, "",
    )  # fmt: skip
    assert (done.type, done.attempt, done.status, done.agent, done.work, done.duration_ms, done.detail) == (
        EventType.WORK_DONE, 1, ProjectStatus.DEVELOPING, "pm", "PLAN#1", 0, "planned",
    )  # fmt: skip
    assert done.tokens == SPENT


def test_a_worker_publishes_nothing_unless_it_is_told_where() -> None:
    bench = Bench()
    worker = replace(bench.worker, measure=Worker.measure)
    assert worker.handle(MESSAGE, lambda: 300.0) is WorkOutcome.DONE
    assert (worker.measure, bench.measured) == (ignore_metrics, [])


def test_work_that_was_done_before_is_sent_again_and_not_done_again() -> None:
    bench = Bench()
    bench.handle()
    assert bench.handle() is WorkOutcome.REPEATED
    assert (bench.sent.messages, bench.agent.concluded) == ([NEXT, NEXT], 1)


def test_work_without_a_move_leaves_the_project_where_it_is() -> None:
    bench = Bench()
    bench.agent.changes = Changes(fields={"more": 1}, project={"score": 50.0})
    assert bench.handle() is WorkOutcome.DONE
    assert (bench.project.status, bench.project.score, bench.work["more"]) == (ProjectStatus.PLANNING, 50.0, 1)
    event = bench.projects.list_events(ID)[-1]
    assert (event.status, event.detail) == (ProjectStatus.PLANNING, "")
    assert bench.measured[-1][Metric.SCORE] == 50.0


def test_a_terminal_fault_fails_the_project_with_its_reason() -> None:
    bench = Bench()
    bench.agent.fault = Terminal("no")
    assert bench.handle() is WorkOutcome.FAILED
    assert bench.project.status is ProjectStatus.FAILED
    assert bench.project.failure is not None
    assert bench.project.failure.model_dump() == {"step": "pm", "reason": "no"}
    assert (bench.work["state"], bench.work["failure"]) == ("FAILED", {"step": "pm", "reason": "no"})
    assert bench.work["finished_at"] == "2026-01-02T00:00:00Z"
    assert bench.project.tokens == SPENT
    assert bench.measured[-1] == {Metric.FAILED: 1, Metric.PROMPT_TOKENS: 2, Metric.OUTPUT_TOKENS: 3}
    event = bench.projects.list_events(ID)[-1]
    assert (event.type, event.status, event.detail, event.tokens) == (
        EventType.WORK_FAILED, ProjectStatus.FAILED, "no", SPENT,
    )  # fmt: skip
    assert bench.handle() is WorkOutcome.ABANDONED
    assert bench.notes == ["the work failed for good before"]


@pytest.mark.parametrize(
    ("after", "delay"), [(0.0, 0), (0.2, 1), (60.0, 60), (60.5, 61), (900.0, 900), (900.5, 900), (3600.0, 900)]
)
def test_a_deferrable_fault_parks_the_message_for_at_most_a_quarter_of_an_hour(after: float, delay: int) -> None:
    bench = Bench()
    bench.agent.fault = Deferrable("spent", after=after)
    assert bench.handle() is WorkOutcome.PARKED
    assert bench.sent.messages == [MESSAGE.model_copy(update={"not_before": NOW + timedelta(seconds=after)})]
    assert bench.sent.delays == [delay]
    assert bench.project.status is ProjectStatus.WAITING_FOR_QUOTA
    assert bench.work["state"] == "PENDING"
    event = bench.projects.list_events(ID)[-1]
    assert (event.type, event.status, event.detail) == (
        EventType.WORK_FAILED, ProjectStatus.WAITING_FOR_QUOTA, "spent",
    )  # fmt: skip


@pytest.mark.parametrize(("early", "outcome"), [(0.001, WorkOutcome.PARKED), (0.0, WorkOutcome.DONE)])
def test_a_parked_message_waits_until_its_time(early: float, outcome: WorkOutcome) -> None:
    bench = Bench()
    parked = MESSAGE.model_copy(update={"not_before": NOW + timedelta(seconds=early)})
    bench.agent.conclude = lambda *_: Changes()  # type: ignore[method-assign]
    assert bench.handle(parked) is outcome
    assert bench.sent.delays == ([1] if outcome is WorkOutcome.PARKED else [])


def test_a_parked_message_of_a_project_that_was_deleted_waits_no_longer() -> None:
    bench = Bench()
    bench.table.items.pop(items.make_metadata_key(ID))
    assert bench.handle(MESSAGE.model_copy(update={"not_before": NOW + timedelta(days=1)})) is WorkOutcome.DELETED
    assert bench.table.items == {}


def test_a_retryable_fault_gives_the_work_back() -> None:
    bench = Bench()
    bench.agent.fault = Retryable("busy")
    with pytest.raises(Retryable, match="busy"):
        bench.handle()
    assert (bench.work["state"], bench.work["attempts"], bench.project.status) == ("PENDING", 1, ProjectStatus.PLANNING)
    bench.agent.fault = None
    assert bench.handle() is WorkOutcome.DONE
    assert bench.work["attempts"] == 2
    assert [event.attempt for event in bench.projects.list_events(ID)] == [1, 1, 2, 2]
    assert [list(measured) for measured in bench.measured] == [
        [Metric.BEGUN], [], [Metric.PROMPT_TOKENS, Metric.OUTPUT_TOKENS],
    ]  # fmt: skip


def test_a_fault_that_is_no_ones_leaves_the_work_running() -> None:
    bench = Bench()
    bench.agent.fault = KeyError("defect")
    with pytest.raises(KeyError):
        bench.handle()
    assert bench.work["state"] == "RUNNING"


def test_an_interruption_that_cannot_be_written_is_noted_and_the_fault_goes_on() -> None:
    bench = Bench()
    bench.agent.fault = Retryable("busy")

    def refuse(*_: object, **__: object) -> None:
        raise Retryable("throttled")

    bench.works.interrupt = refuse  # type: ignore[method-assign]
    with pytest.raises(Retryable, match="busy"):
        bench.handle()
    assert bench.notes == ["could not record the interruption: throttled"]


def test_a_conflict_of_other_items_is_concluded_again() -> None:
    bench = Bench()
    commit = bench.works.commit
    conflicts = iter([Conflict([Key("P", "F")])])

    def commit_later(*given: object, **named: object) -> None:
        if conflict := next(conflicts, None):
            raise conflict
        commit(*given, **named)  # type: ignore[arg-type]

    bench.works.commit = commit_later  # type: ignore[method-assign]
    assert bench.handle() is WorkOutcome.DONE
    assert bench.agent.concluded == 2


def test_a_time_before_the_beginning_counts_as_none() -> None:
    bench = Bench()
    claim = bench.works.claim(MESSAGE, "pm", ProjectStatus.PLANNING)
    assert isinstance(claim, Claimed)
    assert (claim.attempt, claim.at, claim.project.status) == (1, NOW, ProjectStatus.PLANNING)
    bench.now = NOW - timedelta(seconds=1)
    bench.works.interrupt(MESSAGE, "pm", claim, "busy")
    assert bench.projects.list_events(ID)[-1].duration_ms == 0
    bench.now = NOW + timedelta(milliseconds=1500, microseconds=600)
    bench.works.interrupt(MESSAGE, "pm", claim, "busy")
    assert bench.projects.list_events(ID)[-1].duration_ms == 1501


def test_why_work_is_not_to_be_done() -> None:
    bench = Bench()
    other = PlanRequested(project_id=ID, correlation_id="c", revision=Revision(build=1, round=1))
    status = ProjectStatus.PLANNING
    assert bench.works.find_refusal(MESSAGE, status) is None
    assert bench.works.find_refusal(NEXT, status) == Abandoned("nobody asked for this work")
    assert bench.works.find_refusal(other, status) == Abandoned("the project is CREATED, at revision 1.0")
    assert bench.works.find_refusal(MESSAGE, ProjectStatus.TESTING) == Abandoned(
        "the project is CREATED, at revision 1.0"
    )
    bench.handle()
    assert bench.works.find_refusal(MESSAGE, status) == AlreadyDone((NEXT,))
    missing = MESSAGE.model_copy(update={"project_id": "1" * 26})
    assert bench.works.find_refusal(missing, status) == bench.works.claim(missing, "pm", status) == Deleted()


@pytest.mark.parametrize("status", sorted(FINAL))
def test_no_agent_begins_in_a_project_that_is_finished(status: ProjectStatus) -> None:
    bench = Bench(status)
    assert bench.handle() is WorkOutcome.ABANDONED
    assert bench.notes == [f"the project is {status}, at revision 1.0"]
    assert (bench.sent.messages, bench.measured) == ([], [])


@pytest.mark.parametrize(("remaining", "swept"), [(5.0, True), (4.9, False)], ids=["enough time", "too little time"])
def test_a_sweep_leaves_five_seconds_to_its_caller(remaining: float, swept: bool) -> None:
    bench = Bench()
    for number in range(201):
        bench.table.write(Put(Key(f"PROJECT#{ID}", f"FILE#{number}"), {}))
    assert Deletion(bench.table, bench.objects).sweep(ID, lambda: remaining) is swept
    assert (bench.table.items == {}) is swept


def test_what_a_project_left_is_found_and_the_request_that_made_it_is_forgotten() -> None:
    bench = Bench()
    deletion = Deletion(bench.table, bench.objects)
    bench.table.write(Put(Key("REQUEST#d", "METADATA"), {}))
    deletion.begin(bench.project.model_copy(update={"idempotency": "REQUEST#d"}))
    assert [key.sk for key in bench.table.items] == ["PLAN#1"]
    assert deletion.is_unfinished(ID)
    assert deletion.sweep(ID, lambda: 300.0)
    assert not deletion.is_unfinished(ID)


def test_objects_that_are_erased_step_by_step_are_swept_while_there_is_time() -> None:
    bench = Bench()
    left = iter([5.0, 4.9])
    for number in range(2500):
        bench.objects.put(f"plans/{ID}/1/{number}", b"", "text/plain")
    assert not Deletion(bench.table, bench.objects).sweep(ID, lambda: next(left))
    assert len(bench.objects.contents) == 500


S = ProjectStatus
SOURCES = {
    S.CREATED: set(),
    S.PLANNING: {S.CREATED, S.WAITING_FOR_QUOTA, S.COMPLETED, S.NEEDS_REVIEW, S.FAILED},
    S.DEVELOPING: {S.PLANNING, S.TESTING, S.WAITING_FOR_QUOTA, S.FAILED},
    S.TESTING: {S.DEVELOPING, S.FAILED},
    S.DEPLOYING: {S.TESTING, S.COMPLETED, S.NEEDS_REVIEW, S.FAILED},
    S.COMPLETED: {S.DEPLOYING},
    S.NEEDS_REVIEW: {S.TESTING, S.DEPLOYING},
    S.WAITING_FOR_QUOTA: {S.PLANNING, S.DEVELOPING},
    S.FAILED: {S.CREATED, S.PLANNING, S.DEVELOPING, S.TESTING, S.DEPLOYING, S.WAITING_FOR_QUOTA},
}


@pytest.mark.parametrize("target", ProjectStatus)
def test_from_where_a_project_may_move(target: ProjectStatus) -> None:
    assert list_sources(target) == SOURCES[target]


def test_where_a_project_rests_and_where_a_change_that_failed_goes_back_to() -> None:
    assert {*LEGAL_MOVES} == {*ProjectStatus}
    assert {S.COMPLETED, S.NEEDS_REVIEW} == AT_REST
    assert {S.COMPLETED, S.NEEDS_REVIEW, S.FAILED} == FINAL
    assert dict.fromkeys((S.PLANNING, S.DEVELOPING, S.TESTING), AT_REST) == TAKEN_BACK


@pytest.mark.parametrize("after", [None, 0.0, 7.5])
def test_a_fault_says_what_it_is_and_when_to_try_again(after: float | None) -> None:
    fault = Retryable("busy", after=after)
    assert (str(fault), fault.after) == ("busy", after)
    if after is not None:
        pause = Deferrable("spent", after=after)
        assert (str(pause), pause.after) == ("spent", after)
    assert (Retryable("busy").after, str(Poison("no")), str(Terminal("no"))) == (None, "no", "no")


def test_the_outcomes_are_logged_in_these_words() -> None:
    assert [outcome.value for outcome in WorkOutcome] == [
        "done",
        "done before, emitted again",
        "no longer wanted",
        "the project was deleted, and what it left is swept up",
        "failed for good",
        "parked until the quota returns",
    ]


def stored(path: str, digest: str = "0") -> FileRecord:
    named = StoredObject(key=f"k/{path}", size=1, sha256=digest * 64)
    return FileRecord(path=path, language="text", revision=Revision(build=1), object=named)


def test_the_files_of_a_project_are_fixed_once() -> None:
    bench = Bench()
    bench.table.write(items.put_file(ID, stored("a")))
    first, named = manifests.pin_manifest(bench.projects, bench.objects, ID, "m.json")
    bench.table.write(items.put_file(ID, stored("b")))
    assert manifests.pin_manifest(bench.projects, bench.objects, ID, "m.json") == (first, named)
    assert first == Manifest(files=(stored("a"),)) == manifests.read(bench.objects, named)
    assert bench.objects.types["m.json"] == "application/json"
    assert bench.objects.contents["m.json"].startswith(b'{\n "files"')
    assert named.key == "m.json"


def test_a_manifest_is_put_back_by_what_differs_from_it() -> None:
    bench = Bench()
    for file in (stored("same"), stored("changed", "1"), stored("new")):
        bench.table.write(items.put_file(ID, file))
    wanted = Manifest(files=(stored("same"), stored("changed"), stored("gone")))
    assert manifests.list_restoring_writes(bench.projects, ID, wanted) == (
        items.put_file(ID, stored("changed")),
        items.put_file(ID, stored("gone")),
        items.remove_file(ID, "new"),
    )


def test_the_files_of_a_revision_are_those_that_were_tested() -> None:
    bench = Bench()
    bench.table.write(items.put_file(ID, stored("a")))
    manifest, named = manifests.pin_manifest(bench.projects, bench.objects, ID, "m.json")
    for build, tested in ((1, None), (2, named)):
        revision = Revision(build=build)
        record = TestRecord(work=f"TEST#{revision}", revision=revision, manifest=tested)
        bench.table.write(Put(Key(f"PROJECT#{ID}", record.work), items.to_attributes(record)))
    assert manifests.read_tested(bench.projects, bench.objects, ID, Revision(build=2)) == manifest
    for untested in (Revision(build=1), Revision(build=2, round=1)):
        with pytest.raises(Retryable, match=f"^revision {untested} has not been tested$"):
            manifests.read_tested(bench.projects, bench.objects, ID, untested)
