"""The content of docker-compose.yml, including profiles for which the tests start no container."""

from pathlib import Path
from typing import Any

import pytest
import yaml

FILE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
WITH_THE_SOCKET = "lambda-localstack"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_of_one_profile_and_waits_for_others_of_it(name: str) -> None:
    (profile,) = SERVICES[name]["profiles"]
    before = SERVICES[name].get("depends_on", {})
    assert [SERVICES[other]["profiles"] for other in before] == [[profile]] * len(before)
    assert all(
        "healthcheck" in SERVICES[other] for other, how in before.items() if how["condition"] == "service_healthy"
    )


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


def test_one_service_gets_the_socket_of_docker_and_the_others_may_do_little() -> None:
    binds = {name for name, service in SERVICES.items() if any(v.startswith("/") for v in service["volumes"])}
    assert binds == {WITH_THE_SOCKET}
    assert not any(service.get("privileged") for service in SERVICES.values())
    others = [service for name, service in SERVICES.items() if name != WITH_THE_SOCKET]
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in others)


def test_what_listens_on_the_network_is_reached_as_the_gateway_in_each_profile() -> None:
    engines = [name for name, service in SERVICES.items() if "up" in service.get("command", ())]
    named = {name: SERVICES[name].get("networks", {}).get("default", {}).get("aliases", [name]) for name in engines}
    assert set(map(tuple, named.values())) == {("gateway",)}
    assert {tuple(SERVICES[name]["profiles"]) for name in engines} == {(p,) for p in profiles()}
    assert all("--allow-host=gateway" in SERVICES[name]["command"] for name in engines)


def profiles() -> set[str]:
    return {profile for service in SERVICES.values() for profile in service["profiles"]}
