"""Each alarm of the stack, with `Alarms=all`: its cause makes it fire, and the runbook's advice clears it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx2
import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.home import find_home
from agenticai.emulator.faults.rules import Call, CallFault, Error, Hang, Kill, Latency
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.deployment import STAGE, deploy_prepared, prepare
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.scenarios.format.script import AwaitAlarm
from agenticai.stack.outputs import AGENTS
from agenticai.stack.secrets import Secrets
from agenticai.stack.template import TEMPLATE
from tests.integration.cloud import eventually

MINUTE: Final = 60
PERIOD: Final = 300
PARAMETERS: Final = {"Alarms": "all", "ConcurrencyThreshold": "1"}


class Watched:
    """A stack, its clock and its alarms, by their names without `agenticai-` and the stage."""

    def __init__(self, running: Bench, control: ControlClient) -> None:
        self.running = running
        self.control = control
        self.seen: set[str] = set()

    def wait_for(self, state: str, *names: str, minutes: int) -> None:
        """Advance the clock until these alarms have the state."""
        for _ in range(minutes + 1):
            if all(self.states[name] == state for name in names):
                self.seen.update(f"{name} {state}" for name in names)
                return
            self.control.advance(MINUTE)
        pytest.fail(f"{[(name, self.states[name]) for name in names]}, and not {state}")

    def function(self, name: str) -> str:
        return self.running.outputs.function_names[name]

    @property
    def states(self) -> dict[str, str]:
        return {
            alarm.name.removeprefix("agenticai-").removesuffix(f"-{STAGE}"): alarm.state
            for alarm in self.control.alarms()
        }

    def get(self, times: int = 1, *, seconds: int = 0) -> list[int]:
        """Request projects from the API, `times` in parallel, in that many seconds. Return the statuses."""
        url, headers = f"{self.running.outputs.api_url}/api/projects", {"Authorization": f"Bearer {self.running.token}"}
        with ThreadPoolExecutor(times) as pool:
            asked = [pool.submit(httpx2.get, url, headers=headers, timeout=60) for _ in range(times)]
            if seconds:
                eventually(lambda: len(self.control.fired()) >= times)
                self.control.advance(seconds)
            return [one.result().status_code for one in asked]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    root = TEMPLATE.parents[1]
    with bench(run_dir=tmp_path_factory.mktemp("watched") / "run") as running, running.control() as control:
        prepared = prepare(find_home(folder=root) / "cache", lambda _: None, TEMPLATE, running.target.functions_on)
        deploy_prepared(running.target, STAGE, prepared, Secrets(), lambda _: None, parameters=PARAMETERS)
        control.dispatch("stepped")
        control.advance(MINUTE)
        yield Watched(running, control)


def test_invocations_that_take_their_whole_timeout(watched: Watched) -> None:
    hangs = [
        CallFault(when=Call(function=watched.function("pm"), service="s3"), then=Hang(do="hang")),
        CallFault(when=Call(function=watched.function("dev"), service="gemini"), then=Hang(do="hang")),
        CallFault(when=Call(function=watched.function("qa"), service="dynamodb", nth=2), then=Hang(do="hang")),
        CallFault(when=Call(function=watched.function("ops"), service="s3"), then=Hang(do="hang")),
    ]
    watched.control.faults(hangs)
    with watched.running.api() as api:
        greeting = load(LIBRARY / "greeting.yaml").first
        project = api.create(name=greeting.name, requirements=greeting.requirements).id
        for agent in AGENTS:
            names = f"{agent}-errors", f"{agent}-duration"
            for _ in range(5):  # dev has some tasks
                watched.control.settle(deliveries=1)
                watched.control.advance(MINUTE)
                if watched.states[names[0]] == "ALARM":
                    break
            watched.wait_for("ALARM", *names, minutes=0)
            watched.wait_for("OK", *names, minutes=18)
        watched.control.settle()
        assert api.get(project).status == "COMPLETED"


def test_dead_letters_and_old_messages_are_of_the_scenarios() -> None:
    awaited = {
        f"{step.alarm.name} {step.alarm.state}"
        for name in ("alarm-fires-and-clears", "alarm-on-old-message")
        for step in load(LIBRARY / f"{name}.yaml").steps
        if isinstance(step, AwaitAlarm)
    }
    kinds = [f"{agent}-{kind}" for agent in AGENTS for kind in ("dlq", "age")]
    assert {f"{kind} ALARM" for kind in kinds} <= awaited


def test_an_api_that_fails_or_is_killed(watched: Watched) -> None:
    down = Error(do="error", code="InternalServerError", status=500)
    watched.control.faults(
        [CallFault(when=Call(function=watched.function("api"), service="dynamodb", times=20), then=down)]
    )
    assert watched.get() == [503]
    watched.wait_for("ALARM", "api-failures", minutes=2)
    assert watched.states["api-errors"] == "OK"  # the handler answered
    watched.control.faults([])
    assert watched.get() == [200]
    watched.wait_for("OK", "api-failures", minutes=18)
    killed = Kill(do="kill", side="before")
    watched.control.faults([CallFault(when=Call(function=watched.function("api"), service="dynamodb"), then=killed)])
    assert watched.get() == [502]
    watched.wait_for("ALARM", "api-failures", "api-errors", minutes=2)
    watched.wait_for("OK", "api-failures", "api-errors", minutes=18)


def test_an_api_that_is_slow_and_busy(watched: Watched) -> None:
    for _ in range(2):
        slow = Latency(do="latency", seconds=20)
        watched.control.faults(
            [CallFault(when=Call(function=watched.function("api"), service="dynamodb", times=2), then=slow)]
        )
        assert watched.get(2, seconds=21) == [200, 200]
        watched.control.advance(PERIOD)
    watched.wait_for("ALARM", "api-latency", "concurrency", minutes=2)
    watched.wait_for("OK", "api-latency", "concurrency", minutes=18)


def test_an_api_that_never_answers(watched: Watched) -> None:
    hangs = Hang(do="hang")
    watched.control.faults([CallFault(when=Call(function=watched.function("api"), service="dynamodb"), then=hangs)])
    assert watched.get(seconds=31)[0] >= 500
    watched.wait_for("ALARM", "api-duration", minutes=2)
    watched.wait_for("OK", "api-duration", minutes=18)


@pytest.mark.parametrize("runner", ["runner", "node-runner"])
def test_a_runner_that_fails_or_is_slow(watched: Watched, runner: str) -> None:
    lambda_, function = watched.running.target.client("lambda"), watched.running.outputs.function_names[runner]
    assert lambda_.invoke(FunctionName=function, Payload=b"{}")["FunctionError"]
    watched.wait_for("ALARM", f"{runner}-errors", minutes=2)
    watched.wait_for("OK", f"{runner}-errors", minutes=18)
    # It stops everything that it runs before that, so its own code would have to hang.
    watched.running.target.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Duration",
                "Dimensions": [{"Name": "FunctionName", "Value": function}],
                "Value": 109_000,
                "Unit": "Milliseconds",
            }
        ],
    )
    watched.wait_for("ALARM", f"{runner}-duration", minutes=2)
    watched.wait_for("OK", f"{runner}-duration", minutes=18)


def test_functions_that_are_throttled(watched: Watched) -> None:
    lambda_, functions = watched.running.target.client("lambda"), watched.running.outputs.function_names
    for function in functions.values():
        lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    for _ in range(2):
        for function in functions.values():
            with pytest.raises(lambda_.exceptions.TooManyRequestsException):
                lambda_.invoke(FunctionName=function, Payload=b"{}")
        watched.control.advance(PERIOD)
    names = [f"{name}-throttles" for name in functions]
    watched.wait_for("ALARM", *names, minutes=2)
    for function in functions.values():
        lambda_.delete_function_concurrency(FunctionName=function)
    watched.wait_for("OK", *names, minutes=18)


def test_no_alarm_is_left_out(watched: Watched) -> None:
    others = {f"{agent}-{kind}" for agent in AGENTS for kind in ("dlq", "age")}
    assert len(watched.states) == 32
    assert {f"{name} {state}" for name in watched.states.keys() - others for state in ("ALARM", "OK")} == watched.seen
