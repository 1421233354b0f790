"""The profiles of docker-compose.yml, each started once for all tests that use it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.containers.composed import SERVICES, Served, composed, free_port


@contextmanager
def brought_up(profile: str) -> Iterator[Served]:
    engine, dashboard, services = free_port(), free_port(), SERVICES[profile]
    name = f"agenticai-{profile}-{os.getpid()}"
    with composed(name, profile, AGENTICAI_PORT=engine, DASHBOARD_PORT=dashboard) as project:
        project.wait_until_healthy(*services)
        yield Served(project, services, f"http://127.0.0.1:{engine}", f"http://127.0.0.1:{dashboard}")
    assert project.leftovers() == []


@pytest.fixture(scope="session")
def embedded_services() -> Iterator[Served]:
    with brought_up("embedded") as served:
        yield served


@pytest.fixture(scope="session")
def localstack_services() -> Iterator[Served]:
    with brought_up("localstack") as served:
        yield served


@pytest.fixture(scope="session", params=SERVICES)
def served(request: pytest.FixtureRequest) -> Served:
    found: Served = request.getfixturevalue(f"{request.param}_services")
    return found
