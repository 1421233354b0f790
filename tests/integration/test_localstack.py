"""LocalStack's own runtime behind the gateway: the suites of the embedded engine, and its own tests.

The suites that every engine must pass are collected here again with this engine in place of theirs, so that one
LocalStack serves all of them.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from agenticai.client.stack_lookup import make_target, stack_at
from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import ControlError, NoLocalStack, RuntimeUnavailable
from agenticai.emulator.engines.engine_choice import EngineChoice
from agenticai.emulator.faults.rules import Call, CallFault, Error, Hold
from agenticai.emulator.process import Engine, start_engine
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.comparing.comparison import ComparisonReport
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from agenticai.scenarios.replaying.replay import replay
from agenticai.stack.target import Capability
from tests.contracts import LOCALSTACK as HELD
from tests.integration import (
    held_stack,
    test_api_contract,
    test_engine_functions,
    test_fifo_queues,
    test_ports,
    test_queue_rules,
    test_queue_rules_refused,
    test_real_path,
    test_stage,
    test_updates_under_load,
)
from tests.integration.cloud import Cloud, alive, bundle, eventually
from tests.integration.test_real_path import Finished, finish_demo
from tests.needs import SKIP_NOTHING
from tests.sessions import new_session

LOCALSTACK = EngineChoice("localstack")


globals().update(
    HELD.collect(
        test_real_path,  # first, as it uses all queues
        test_ports,
        test_engine_functions,
        test_queue_rules,
        test_queue_rules_refused,
        test_fifo_queues,
        test_stage,
        test_api_contract,
        held_stack,
    )
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The stack on its own LocalStack; skips if that cannot be installed."""
    try:
        with bench(run_dir=tmp_path_factory.mktemp("localstack") / "run", engine=LOCALSTACK) as deployed:
            yield deployed
    except RuntimeUnavailable as error:
        if SKIP_NOTHING in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def engine(running: Bench) -> Engine:
    assert running.engine
    return running.engine


@pytest.fixture(scope="module")
def finished(running: Bench, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return finish_demo(running, tmp_path_factory.mktemp("demo"))


def test_it_says_what_it_is_and_what_it_can_do(running: Bench) -> None:
    assert running.target.name == "LocalStack 4.13.1"
    known = {Capability.GEMINI, Capability.METER, Capability.CONTROL, Capability.INVOCATIONS}
    assert running.target.capabilities == known
    found = stack_at(running.target.endpoint_url, running.outputs.stage)
    assert (found.target, found.outputs) == (running.target, running.outputs)


def test_it_cannot_be_steered_and_says_so(running: Bench) -> None:
    with running.control() as control:
        for order in (control.settle, lambda: control.advance(1), lambda: control.dispatch("stepped")):
            with pytest.raises(ControlError, match=r"LocalStack 4\.13\.1 delivers messages on its own, in real time"):
                order()
        with pytest.raises(ControlError, match="so the bench cannot hold"):
            control.faults([CallFault(when=Call(), then=Hold(do="hold"))])


def test_a_scenario_with_faults_of_the_model_is_played(running: Bench) -> None:
    result = replay(running, load(LIBRARY / "retry-after-failure.yaml"))
    assert result.passed, (result.unmet, result.violations)
    assert len(result.fired) == 2


@pytest.mark.nightly
def test_it_makes_the_same_of_scenarios_as_the_embedded_engine(running: Bench, tmp_path: Path) -> None:
    names = ("diamond", "worker-crash")
    with bench(run_dir=tmp_path / "run") as embedded:
        targets = f"{embedded.target.endpoint_url},{running.target.endpoint_url}"
        command = [sys.executable, "-m", "agenticai", "compare", *names, "--targets", targets, "--json"]
        compared = subprocess.run(command, capture_output=True, text=True, check=False)
    report = ComparisonReport.model_validate_json(compared.stdout)
    assert list(report.engines.values()) == ["embedded", "LocalStack 4.13.1"]
    assert [(each.name, each.verdict) for each in report.scenarios] == list(
        zip(names, ("same", "skipped"), strict=True)
    ), [each.differences for each in report.scenarios]
    assert compared.returncode == 0
    diamond, skipped = report.scenarios
    assert {seen.report.outcome for seen in diamond.observations} == {"passed"}
    sent = [row.calls for seen in diamond.observations for row in seen.calls if row.operation == "SendMessage"]
    assert sent == [7, 7]
    assert skipped.skipped == "LocalStack 4.13.1 cannot skip time and delivers messages on its own"


def test_a_scenario_that_needs_skipped_time_is_not(running: Bench) -> None:
    result = replay(running, load(LIBRARY / "worker-crash.yaml"))
    assert result.skipped == "LocalStack 4.13.1 cannot skip time and delivers messages on its own"


def test_a_fault_meets_a_function_and_not_a_client(cloud: Cloud) -> None:
    source = "import boto3\ndef handler(event, context):\n    return boto3.client('sqs').list_queues()['QueueUrls']\n"
    name = cloud.deploy(source)
    refused = Error(do="error", code="AccessDenied", status=403)
    cloud.control.faults([CallFault(when=Call(function=name, service="sqs"), then=refused)])
    assert cloud.sqs.list_queues()["QueueUrls"]
    assert "AccessDenied" in cloud.invoke(name).payload["errorMessage"]
    assert cloud.invoke(name).payload
    assert [fired.function for fired in cloud.control.fired()] == [name]
    cloud.control.faults(())


def test_the_meter_knows_a_functions_calls_and_not_those_of_its_mapping(cloud: Cloud) -> None:
    name = cloud.deploy("import boto3\ndef handler(event, context):\n    boto3.client('sts').get_caller_identity()\n")
    url = cloud.connect(name)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
    eventually(lambda: cloud.finished(name))
    eventually(lambda: cloud.depth(url) == 0)
    assert [(caller, service) for caller, service, _ in cloud.calls(name)] == [("function", "sts")]
    assert [done.error_type for done in cloud.finished(name)] == [None]


def test_a_function_in_javascript_runs_where_there_is_node(cloud: Cloud) -> None:
    cloud.lambda_.create_function(
        FunctionName="node",
        Runtime="nodejs22.x",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="index.handler",
        Code={"ZipFile": bundle(**{"index.mjs": "export const handler = async (event) => ({ got: event });"})},
    )
    answer = cloud.invoke("node", [1])
    if answer.error and "node" in str(answer.payload) and SKIP_NOTHING not in os.environ:
        pytest.skip("there is no Node.js: apt-get install nodejs")
    assert answer.payload == {"got": [1]}


def test_what_is_presigned_opens_through_the_gateway(running: Bench) -> None:
    s3 = running.target.client("s3")
    s3.put_object(Bucket=running.outputs.bucket_name, Key="a b/ü+c", Body=b"there")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": running.outputs.bucket_name, "Key": "a b/ü+c"})
    assert url.startswith(running.target.endpoint_url)
    assert httpx2.get(url, timeout=60).content == b"there"
    s3.delete_object(Bucket=running.outputs.bucket_name, Key="a b/ü+c")


def test_a_large_body_streams_in_both_directions(running: Bench) -> None:
    s3, body = running.target.client("s3"), os.urandom(20 * 1024 * 1024)
    s3.put_object(Bucket=running.outputs.bucket_name, Key="large", Body=body)
    assert s3.get_object(Bucket=running.outputs.bucket_name, Key="large")["Body"].read() == body
    s3.delete_object(Bucket=running.outputs.bucket_name, Key="large")


class TestEnds:
    """The different ends of engines."""

    @pytest.fixture
    def started(self, running: Bench, tmp_path: Path) -> Iterator[Engine]:
        with start_engine(cassettes=CASSETTES, run_dir=tmp_path, engine=LOCALSTACK) as engine:
            yield engine

    def test_a_killed_localstack_is_named_and_leaves_nothing_running(self, started: Engine, tmp_path: Path) -> None:
        with Cloud(started.endpoint_url) as cloud:
            name = cloud.deploy("import os\ndef handler(event, context):\n    return [os.getpid(), os.getppid()]\n")
            function, localstack = cloud.invoke(name).payload
        os.kill(localstack, signal.SIGKILL)
        eventually(lambda: not started.running)
        assert started.describe_end().startswith("LocalStack ended unexpectedly, by SIGKILL. All of its data is lost;")
        assert (tmp_path / "localstack.log").exists()
        eventually(lambda: not alive(function))

    def test_an_engine_that_is_killed_takes_localstack_with_it(self, started: Engine) -> None:
        with Cloud(started.endpoint_url) as cloud:
            name = cloud.deploy("import os\ndef handler(event, context):\n    return [os.getpid(), os.getppid()]\n")
            function, localstack = cloud.invoke(name).payload
        os.kill(started.pid, signal.SIGKILL)
        eventually(lambda: not alive(localstack))
        eventually(lambda: not alive(function))

    def test_one_that_runs_is_used_and_left_running(self, running: Bench, tmp_path: Path) -> None:
        with ControlClient(running.target.endpoint_url) as control:
            assert control.health().engine == "LocalStack 4.13.1"
        chosen = EngineChoice("localstack", running.target.endpoint_url)
        with start_engine(cassettes=CASSETTES, run_dir=tmp_path, engine=chosen) as second:
            about = second.about()
            assert about.abilities == {"gemini", "meter", "control"}
            told = make_target(second.endpoint_url, about).function_variables
            assert told == {"AWS_ENDPOINT_URL": second.endpoint_url}
            session = new_session()
            sqs = session.client("sqs", endpoint_url=second.endpoint_url, region_name="us-east-1")
            assert sqs.list_queues()["QueueUrls"]
            sqs.close()
        assert running.target.client("sqs").list_queues()["QueueUrls"]

    def test_where_none_runs_the_engine_does_not_start(self, running: Bench, tmp_path: Path) -> None:
        chosen = EngineChoice("localstack", "http://127.0.0.1:1")
        with (
            pytest.raises(NoLocalStack, match=r"No LocalStack answers at http://127\.0\.0\.1:1"),
            start_engine(cassettes=CASSETTES, run_dir=tmp_path, engine=chosen),
        ):
            pytest.fail("it started")


@pytest.mark.nightly
@pytest.mark.parametrize("change", [test_updates_under_load.change_handler, test_updates_under_load.change_layer])
def test_an_update_of_functions_fails_no_request_and_loses_no_message(
    running: Bench, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    before = test_updates_under_load.versions_at_work(running)
    test_updates_under_load.update_under_load(running, tmp_path, change)
    assert test_updates_under_load.versions_at_work(running) > before


@pytest.mark.nightly
def test_an_update_of_a_queue_fails_no_request_and_loses_no_message(running: Bench, tmp_path: Path) -> None:
    """It is the last test, as it leaves the queue changed."""
    test_updates_under_load.update_under_load(running, tmp_path, test_updates_under_load.change_queue)
    url = running.outputs.queue_urls["pm"]
    told = running.target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert told["Attributes"] == {"VisibilityTimeout": "1860"}
