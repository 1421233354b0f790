"""The embedded engine and the dashboard in containers, as docker-compose.yml has them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import httpx2
import pytest

from tests.containers import ROOT, Composed, composed, needs_images

pytestmark = needs_images


class Served(NamedTuple):
    project: Composed
    engine: str
    dashboard: str


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    engine, dashboard = free_port(), free_port()
    name = f"agenticai-tested-{os.getpid()}"
    with composed(name, "embedded", AGENTICAI_PORT=engine, DASHBOARD_PORT=dashboard) as project:
        project.wait_until_healthy("engine", "dashboard")
        yield Served(project, f"http://127.0.0.1:{engine}", f"http://127.0.0.1:{dashboard}")
    assert project.leftovers() == []


def test_a_project_is_completed_and_the_dashboard_answers(served: Served) -> None:
    new = [sys.executable, "-m", "agenticai", "new", "--file", "docs/examples/greeting.md", "--json"]
    posted = subprocess.run([*new, "--endpoint", served.engine], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert posted.returncode == 0, posted.stderr
    assert json.loads(posted.stdout)["status"] == "COMPLETED"
    inside = served.project("exec", "-T", "dashboard", "agenticai", "status", "--json")
    assert [project["status"] for project in json.loads(inside)["items"]] == ["COMPLETED"]
    assert httpx2.get(served.dashboard, trust_env=False).is_success


def test_the_dashboard_finds_the_secret_of_the_control_api(served: Served) -> None:
    inside = json.loads(served.project("exec", "-T", "dashboard", "agenticai", "queues", "--json"))
    assert inside
    refused = httpx2.get(f"{served.engine}/_harness/clock", trust_env=False)
    assert refused.status_code in {401, 403}


@pytest.mark.parametrize("service", ["engine", "dashboard"])
def test_containers_may_do_little(served: Served, service: str) -> None:
    container = served.project.inspected(service)
    assert container["Config"]["User"] == "agenticai"
    host = container["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert {p["HostIp"] for ports in host["PortBindings"].values() for p in ports} == {"127.0.0.1"}
    assert [mount["Type"] for mount in container["Mounts"]] == ["volume"]
