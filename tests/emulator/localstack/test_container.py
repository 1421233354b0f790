"""The configuration of LocalStack's container, and why a start fails; Docker itself is tested in tests/containers."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from agenticai.emulator.core.locks import hold_shared_lock
from agenticai.emulator.engines.localstack.container import (
    build_variables,
    describe_missing_executor,
    explain_failed_start,
)
from agenticai.emulator.engines.localstack.docker_engine import LABEL, find_bridge_address, remove_orphans
from agenticai.emulator.engines.localstack.server import GatewayAddresses

WIRING = GatewayAddresses("http://127.0.0.1:4567", "http://host.docker.internal:4567", "sesame")


def test_clients_and_functions_are_told_different_ways_to_the_gateway() -> None:
    told = build_variables(WIRING, "name", "/run", {})
    assert told["LOCALSTACK_HOST"] == "127.0.0.1:4567"
    assert told["LAMBDA_LOCAL_AWS_ENDPOINT_URL"] == "http://host.docker.internal:4567"
    assert told["LAMBDA_LOCAL_CALLER_URL"] == "http://host.docker.internal:4567/_gemini"
    assert told["LAMBDA_LOCAL_OBSERVER_URL"] == "http://host.docker.internal:4567/_harness/environments"
    assert (told["LAMBDA_LOCAL_OBSERVER_TOKEN"], "sesame" in repr(WIRING)) == ("sesame", False)


def test_the_token_is_passed_on_where_it_is_set() -> None:
    assert build_variables(WIRING, "name", "/run", {"LOCALSTACK_AUTH_TOKEN": "t"})["LOCALSTACK_AUTH_TOKEN"] == "t"
    assert "LOCALSTACK_AUTH_TOKEN" not in build_variables(WIRING, "name", "/run", {"OTHER": "t"})


def test_a_refused_licence_is_said_with_what_to_do(tmp_path: Path) -> None:
    log = tmp_path / "localstack.log"
    log.write_text("License activation failed! \n\nReason: The credentials are invalid.\n\nLocalstack has quit.\n")
    said = explain_failed_start("localstack/localstack:2026.3", log)
    assert said.startswith("localstack/localstack:2026.3 needs a licence and could not activate one: ")
    log.write_text("there is no room\n")
    assert (
        explain_failed_start("any", log)
        == f"LocalStack did not start; its log is {log} and ends with: there is no room"
    )
    assert explain_failed_start("any", tmp_path / "none").endswith("ends with: nothing")


def test_an_image_that_starts_containers_needs_permission() -> None:
    assert describe_missing_executor("localstack/localstack:0").startswith(
        "localstack/localstack:0 runs functions in containers"
    )


class Containers:
    """Docker, with the containers of these runs."""

    def __init__(self, *runs: Path) -> None:
        self.left = list(runs)
        self.client = SimpleNamespace(containers=self)

    def list(self, *, all: bool, filters: dict[str, str]) -> "list[SimpleNamespace]":
        assert all
        assert filters == {"label": LABEL}
        return [
            SimpleNamespace(labels={LABEL: str(run)}, remove=lambda run=run, **_: self.left.remove(run))
            for run in self.left
        ]


def test_what_is_left_of_runs_that_are_over_is_removed(tmp_path: Path) -> None:
    running = tmp_path / "running"
    running.mkdir()
    containers = Containers(running, tmp_path / "over")
    with hold_shared_lock(running):
        remove_orphans(cast("Any", containers))
    assert containers.left == [running]


def test_docker_without_a_bridge_has_no_address() -> None:
    configured: list[dict[str, str]] = []
    network = SimpleNamespace(attrs={"IPAM": {"Config": configured}})
    docker = cast("Any", SimpleNamespace(networks={"bridge": network}))
    assert find_bridge_address(docker) is None
    configured.append({"Subnet": "172.17.0.0/16"})
    assert find_bridge_address(docker) == "172.17.0.1"
    configured[0]["Gateway"] = "172.17.42.1"
    assert find_bridge_address(docker) == "172.17.42.1"
