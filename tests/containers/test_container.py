"""LocalStack in a container that the gateway starts: what runs in it, how it ends, and why a start fails."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agenticai.commands.demo import run_demo
from agenticai.emulator.core.errors import ControlError, NoDocker, NoLocalStack, PortTaken
from agenticai.emulator.core.locks import hold_shared_lock
from agenticai.emulator.engines.engine_choice import EngineChoice
from agenticai.emulator.engines.localstack.container import HOST_NAME, LocalStackContainer
from agenticai.emulator.engines.localstack.docker_engine import LABEL, connect, find_bridge_address
from agenticai.emulator.engines.localstack.server import GatewayAddresses
from agenticai.emulator.faults.rules import Call, CallFault, Kill
from agenticai.emulator.process import Engine, start_engine
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from agenticai.stack.target import Capability
from tests.containers.composed import IMAGES, ROOT, needs_images, said
from tests.integration.cloud import Cloud, eventually

pytestmark = needs_images

CONTAINER = EngineChoice("localstack", image=IMAGES[1])
EXAMPLE = ROOT / "docs" / "examples" / "orders"


def containers(run: Path) -> list[str]:
    return said("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={run}").splitlines()


def volumes() -> set[str]:
    return set(said("docker", "volume", "ls", "--quiet").splitlines())


def inspected(run: Path) -> dict[str, Any]:
    (container,) = containers(run)
    return dict(json.loads(said("docker", "inspect", container))[0])


def mounted(run: Path) -> set[str]:
    """Return the volumes of a run's container."""
    return {mount["Name"] for mount in inspected(run)["Mounts"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("container") / "run"


@pytest.fixture(scope="module")
def running(run: Path) -> Iterator[Bench]:
    """Run the stack on a LocalStack in a container."""
    with bench(run_dir=run, engine=CONTAINER) as deployed:
        own = mounted(run)
        yield deployed
    eventually(lambda: not containers(run))
    assert own
    assert not own & volumes()


def test_the_demo_completes_and_the_meter_knows_the_functions(running: Bench, tmp_path: Path) -> None:
    result = run_demo(running, load(LIBRARY / "todo-service.yaml"), tmp_path, lambda _: None)
    assert result.proved
    used = {usage.function for usage in result.usage.functions}
    assert used >= {running.outputs.function_names[agent] for agent in ("pm", "dev", "qa", "runner", "ops")}
    assert {row.service for row in result.usage.calls if row.caller == "function"} >= {"sqs", "dynamodb", "s3"}


def test_it_says_what_it_is_and_what_it_can_do(running: Bench) -> None:
    assert running.target.name == "LocalStack 4.13.1"
    assert running.target.capabilities >= {Capability.INVOCATIONS, Capability.METER, Capability.GEMINI}
    assert running.target.gemini_endpoint.startswith(f"http://{HOST_NAME}:")
    assert running.target.functions_on.one_platform
    with running.control() as control, pytest.raises(ControlError, match="so the bench cannot kill"):
        control.faults([CallFault(when=Call(), then=Kill(do="kill", side="before"))])


def test_the_container_may_do_little_and_is_reached_from_here_only(running: Bench, run: Path) -> None:
    about = inspected(run)
    assert about["Config"]["User"] == "localstack"
    assert (about["HostConfig"]["CapDrop"], about["HostConfig"]["Privileged"]) == (["ALL"], False)
    assert {port["HostIp"] for ports in about["NetworkSettings"]["Ports"].values() for port in ports or ()} == {
        "127.0.0.1"
    }
    assert [mount["Type"] for mount in about["Mounts"]] == ["volume"]


def test_from_a_container_the_control_api_asks_for_the_secret_and_the_guard_for_the_name(
    running: Bench, run: Path
) -> None:
    port = running.target.endpoint_url.rpartition(":")[2]
    ask = (
        "import sys, urllib.request, urllib.error\n"
        "request = urllib.request.Request(sys.argv[1], headers={'Host': sys.argv[2]})\n"
        "try: print(urllib.request.urlopen(request).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )

    def asked(path: str, name: str) -> str:
        url = f"http://{HOST_NAME}:{port}{path}"
        (container,) = containers(run)
        return said("docker", "exec", container, "/opt/function-python/bin/python", "-c", ask, url, name)

    assert asked("/_localstack/health", HOST_NAME) == "200"
    assert asked("/_localstack/health", "rebound.example") == "403"
    assert asked("/_harness/usage", HOST_NAME) == "401"
    assert httpx2.get(f"{running.target.endpoint_url}/_harness/usage", trust_env=False, timeout=60).status_code == 401


def test_no_process_of_ours_has_a_secret_among_its_arguments(running: Bench) -> None:
    assert running.engine
    arguments = Path(f"/proc/{running.engine.pid}/cmdline").read_text("utf-8")
    assert str(running.control_token) not in arguments


class TestEnds:
    """The different ends of engines."""

    @pytest.fixture
    def started(self, tmp_path: Path) -> Iterator[Engine]:
        with start_engine(cassettes=CASSETTES, run_dir=tmp_path, engine=CONTAINER) as engine:
            yield engine

    def test_an_engine_that_is_killed_takes_the_container_with_it(self, started: Engine, tmp_path: Path) -> None:
        own = mounted(tmp_path)
        os.kill(started.pid, signal.SIGKILL)
        eventually(lambda: not containers(tmp_path))
        assert own
        assert not own & volumes()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_an_engine_that_is_asked_to_end_removes_it(
        self, started: Engine, tmp_path: Path, number: signal.Signals
    ) -> None:
        os.kill(started.pid, number)
        eventually(lambda: not started.running)
        eventually(lambda: not containers(tmp_path))

    def test_a_killed_container_is_named_and_the_next_one_starts(self, started: Engine, tmp_path: Path) -> None:
        with Cloud(started.endpoint_url) as cloud:
            cloud.sqs.create_queue(QueueName="held")
        said("docker", "kill", *containers(tmp_path))
        eventually(lambda: not started.running)
        assert started.describe_end().startswith(
            "LocalStack's container ended unexpectedly, with status 137. All of its data is lost; its log is "
        )
        eventually(lambda: not containers(tmp_path))
        with start_engine(cassettes=CASSETTES, run_dir=tmp_path / "next", engine=CONTAINER) as following:
            assert following.about().engine == "LocalStack 4.13.1"


class TestDoesNotStart:
    @pytest.fixture
    def image(self, tmp_path: Path) -> Iterator[str]:
        """Return the name of an image to be built by a test, which is removed after it."""
        name = f"agenticai-test-{tmp_path.name.lower()}:local"
        yield name
        subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=False)

    def built(self, image: str, script: str) -> EngineChoice:
        """Build an image that claims to have our executor, and runs a script in place of LocalStack."""
        text = "\n".join(
            [
                "FROM agenticai-base:bookworm",
                "ENV LAMBDA_RUNTIME_EXECUTOR=local LAMBDA_LOCAL_PYTHON=/usr/bin/python3",
                f"ENTRYPOINT {json.dumps(['sh', '-c', script])}",
            ]
        )
        subprocess.run(["docker", "build", "--tag", image, "-"], input=text, text=True, capture_output=True, check=True)
        return EngineChoice("localstack", image=image)

    def refused(self, chosen: EngineChoice, run: Path, kind: type[Exception], match: str, port: int = 0) -> None:
        with pytest.raises(kind, match=match), contextlib.ExitStack() as started:
            started.enter_context(start_engine(cassettes=CASSETTES, run_dir=run, engine=chosen, port=port))
        eventually(lambda: not containers(run))

    def test_a_licence_that_is_refused(self, image: str, tmp_path: Path) -> None:
        chosen = self.built(image, "echo; echo 'License activation failed!'; echo 'LocalStack has quit.'; exit 55")
        self.refused(chosen, tmp_path, NoLocalStack, "needs a licence and could not activate one")

    def test_one_that_ends(self, image: str, tmp_path: Path) -> None:
        chosen = self.built(image, "echo there is no room >&2; exit 1")
        self.refused(chosen, tmp_path, NoLocalStack, r"its log is .*localstack\.log and ends with: there is no room")

    def test_one_that_serves_nothing(self, image: str, tmp_path: Path) -> None:
        chosen = self.built(image, "echo waiting; sleep 600")
        wiring = GatewayAddresses("http://127.0.0.1:1", f"http://{HOST_NAME}:1")
        with hold_shared_lock(tmp_path):
            container = LocalStackContainer(chosen.image, tmp_path, wiring)
            with pytest.raises(NoLocalStack, match="did not start; its log is "):
                container.await_healthy(timeout_s=0.1)
        assert containers(tmp_path) == []

    def test_an_image_that_starts_containers_itself_needs_dockers_socket(self, tmp_path: Path) -> None:
        chosen = EngineChoice("localstack", image="agenticai-base:bookworm")
        self.refused(chosen, tmp_path, NoLocalStack, "allow that with --docker-socket")

    def test_an_image_that_nobody_has(self, tmp_path: Path) -> None:
        chosen = EngineChoice("localstack", image="127.0.0.1:1/none:0")
        self.refused(chosen, tmp_path, NoDocker, "The image 127.0.0.1:1/none:0 is not on this machine and could not")

    def test_a_port_that_is_taken_on_dockers_bridge(self, tmp_path: Path) -> None:
        with contextlib.closing(connect().client) as docker:
            address = find_bridge_address(docker)
        assert address
        with socket.create_server((address, 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(CONTAINER, tmp_path, PortTaken, f"Port {port} is in use", port)
