"""Each step makes the request in its file: to the API, to AWS, or to what delivers messages."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.api import ProjectsApi
from agenticai.emulator.core.bench_records import Settled
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import StepFailed
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.steps import RunningScenario, take_step
from agenticai.stack.outputs import StackOutputs
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus
from tests.fakes.replayed import VIEW, scenario
from tests.fakes.sqs import FakeSqs

if TYPE_CHECKING:
    from agenticai.scenarios.replaying.pace import Pace
    from agenticai.stack.target import Target

DEV, DEAD = "http://queues/dev", "http://queues/dev-dead"


class FakeApi(ProjectsApi):
    """Records the requests; ids are given in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def create(self, name: str, requirements: str | None, template: str | None = None) -> ProjectView:
        self.asked.append(("create", name, requirements, template))
        return VIEW.model_copy(update={"id": f"id-{len(self.asked)}"})

    def modify(self, project_id: str, requirements: str) -> ProjectView:
        self.asked.append(("modify", project_id, requirements))
        return VIEW

    def deploy(self, project_id: str, *, unproven: bool = False) -> ProjectView:
        self.asked.append(("deploy", project_id))
        return VIEW

    def retry(self, project_id: str) -> ProjectView:
        self.asked.append(("retry", project_id))
        return VIEW

    def delete(self, project_id: str) -> None:
        self.asked.append(("delete", project_id))

    def list_events(self, project_id: str) -> list[Any]:
        self.asked.append(("events", project_id))
        return []


class FakePace:
    """Settles with preset results, and records the requests."""

    def __init__(self, *settled: Settled) -> None:
        self.settled = list(settled)
        self.asked: list[object] = []

    def settle(self, settling: object) -> Settled:
        self.asked.append(settling)
        return self.settled.pop(0)

    def next(self) -> Settled:
        return self.settled.pop(0)

    def advance(self, seconds: float) -> None:
        self.asked.append(seconds)


class PlayOfStatuses(RunningScenario):
    """A play whose project has these statuses, one after another."""

    statuses: Iterable[ProjectStatus] = ()

    def read_status(self, project_id: str) -> ProjectStatus | None:
        return next(iter(self.statuses))


def settled(*, quiet: bool = False, held: bool = False, deliveries: int = 0, skipped_s: float = 0) -> Settled:
    return Settled(quiet=quiet, held=held, deliveries=deliveries, skipped_s=skipped_s)


def play(of: Scenario, sqs: FakeSqs | None = None, pace: FakePace | None = None) -> PlayOfStatuses:
    target = cast("Target", sqs or FakeSqs())
    outputs = StackOutputs("dev", "", "", "", "", {"dev": DEV}, {"dev": DEAD}, {}, "", "")
    return PlayOfStatuses(Bench(target, outputs, ""), FakeApi(), cast("Pace", pace or FakePace()), of)


def steps(*steps: dict[str, Any], **parts: Any) -> Scenario:
    return scenario(steps=list(steps), **parts)


def asked(played: RunningScenario) -> list[tuple[Any, ...]]:
    assert isinstance(played.api, FakeApi)
    return played.api.asked


def take_all(played: RunningScenario) -> None:
    for step in played.scenario.script:
        take_step(step, played)


def test_what_is_asked_of_the_api_is_asked_for_the_project_that_was_posted() -> None:
    change = {"project": "hello", "requirements": "more"}
    played = play(steps({"create": "hello"}, {"modify": change}, {"deploy": "hello"}, {"retry": "hello"}))
    take_all(played)
    created, *others = asked(played)
    assert created == ("create", "Hello", "A program that greets.", None)
    assert others == [("modify", "id-1", "more"), ("deploy", "id-1"), ("retry", "id-1")]


def test_a_step_is_for_every_copy() -> None:
    copies = {"hello": {"name": "Hello", "template": "rest-service", "copies": 2}}
    played = play(steps({"create": "hello"}, {"retry": "hello"}, projects=copies))
    take_all(played)
    assert played.ids == {"hello 1": "id-1", "hello 2": "id-2"}
    assert asked(played)[2:] == [("retry", "id-1"), ("retry", "id-2")]
    assert asked(played)[0] == ("create", "Hello", None, "rest-service")


def test_the_timeline_of_what_is_deleted_is_seen_last() -> None:
    played = play(steps({"create": "hello"}, {"delete": "hello"}))
    take_all(played)
    assert asked(played)[1:] == [("events", "id-1"), ("delete", "id-1")]
    assert played.last_seen == {"hello": ()}


def test_messages_are_text_or_json_that_names_projects() -> None:
    sqs = FakeSqs()
    body = {"project_id": "${hello}"}
    message = {"queue": "dev", "body": body, "times": 2, "delay": "2m"}
    take_all(play(steps({"create": "hello"}, {"send": message}, {"send": {"queue": "dev", "body": "no json"}}), sqs))
    assert [(sent["MessageBody"], sent["DelaySeconds"]) for sent in sqs.sent] == [
        ('{"project_id": "id-1"}', 120),
        ('{"project_id": "id-1"}', 120),
        ("no json", 0),
    ]
    assert {sent["QueueUrl"] for sent in sqs.sent} == {DEV}


def test_skipped_time_adds_up() -> None:
    pace = FakePace(settled(quiet=True, skipped_s=5), settled(quiet=True, skipped_s=7))
    advanced = play(steps({"create": "hello"}, {"settle": {}}, {"advance": "1m"}, {"settle": {}}), pace=pace)
    take_all(advanced)
    assert advanced.skipped_s == 72
    assert pace.asked[1] == 60


def test_a_status_is_waited_for_delivery_by_delivery() -> None:
    pace = FakePace(settled(deliveries=1, skipped_s=3), settled(held=True), settled(deliveries=1, quiet=True))
    waiting = play(steps({"create": "hello"}, {"wait": {"project": "hello", "status": "TESTING"}}), pace=pace)
    statuses = [ProjectStatus.CREATED, ProjectStatus.PLANNING, ProjectStatus.DEVELOPING, ProjectStatus.TESTING]
    waiting.statuses = iter(statuses)
    take_all(waiting)
    assert (pace.settled, waiting.skipped_s) == ([], 3)


def test_waiting_fails_when_nothing_is_left_to_deliver() -> None:
    pace = FakePace(settled(deliveries=1, quiet=True), settled(quiet=True))
    waiting = play(steps({"create": "hello"}, {"wait": {"project": "hello", "status": "TESTING"}}), pace=pace)
    waiting.statuses = iter([ProjectStatus.PLANNING, ProjectStatus.FAILED])
    with pytest.raises(StepFailed, match=r"nothing is left .* the project is FAILED and not TESTING"):
        take_all(waiting)


def test_dead_letters_are_redriven_from_their_own_queue_and_purged() -> None:
    sqs = FakeSqs(depths={DEAD: [2, 1, 0]})
    take_all(play(steps({"create": "hello"}, {"redrive": "dev"}, {"purge": "dev"}), sqs))
    assert sqs.moved == [f"arn of {DEAD}"]
    assert sqs.depths[DEAD] == []
    assert sqs.purged == [DEAD]


class FakeCloudWatch:
    """Has one alarm, `agenticai-dev-dlq-dev`, with these states, one after another."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    def client(self, _: str) -> "FakeCloudWatch":
        return self

    def describe_alarms(self, *, AlarmNames: list[str]) -> dict[str, list[dict[str, str]]]:  # noqa: N803 - AWS's
        there = AlarmNames == ["agenticai-dev-dlq-dev"]
        return {"MetricAlarms": [{"StateValue": self.states.pop(0)}] if there else []}


def waiting(pace: FakePace, cloudwatch: FakeCloudWatch, **alarm: str) -> RunningScenario:
    return play(steps({"create": "hello"}, {"alarm": {"name": "dev-dlq", **alarm}}), cast("FakeSqs", cloudwatch), pace)


def test_the_clock_is_put_forward_by_minutes_until_an_alarm_has_its_state() -> None:
    pace = FakePace()
    played = waiting(pace, FakeCloudWatch("OK", "OK", "ALARM"))
    take_all(played)
    assert pace.asked == [60, 60]
    assert played.skipped_s == 120


def test_an_alarm_that_never_has_its_state_or_is_not_there_fails_the_step() -> None:
    with pytest.raises(StepFailed, match="the alarm dev-dlq is OK and not ALARM after 2 min"):
        take_all(waiting(FakePace(), FakeCloudWatch("OK", "OK", "OK"), within="2m"))
    with pytest.raises(StepFailed, match="no alarm agenticai-dev-depth-dev"):
        take_all(waiting(FakePace(), FakeCloudWatch(), name="dev-depth"))
