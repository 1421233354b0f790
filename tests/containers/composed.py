"""Runs Docker Compose with this project's file, for tests of the product in containers."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agenticai.stack.waiting import Polling
from tests.needs import needs

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ("agenticai:local", "agenticai-localstack:local")
STARTING = Polling(first=0.5, longest=2, limit=600)


def said(*command: str) -> str:
    """Run a command; return its output. Raises CalledProcessError."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout.strip()


def succeeds(*command: str) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, timeout=60).returncode == 0


COMPOSE = ["docker", "compose"] if succeeds("docker", "compose", "version") else ["docker-compose"]

needs_images = needs(
    succeeds("docker", "image", "inspect", *IMAGES) and succeeds(*COMPOSE, "version"),
    f"there is no Docker with Compose and the images {IMAGES}: docker/images.sh builds it",
)


class Composed:
    """One Compose project of this repository's file, with a profile."""

    def __init__(self, name: str, profile: str, variables: Mapping[str, str]) -> None:
        self.name = name
        self._command = [*COMPOSE, "--project-name", name, "--file", str(ROOT / "docker-compose.yml")]
        self._command += ["--profile", profile]
        self._environ = {**os.environ, **variables}

    def __call__(self, *arguments: str) -> str:
        """Run a Compose command; return its output."""
        done = subprocess.run(
            [*self._command, *arguments], env=self._environ, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def inspected(self, service: str) -> dict[str, Any]:
        """Return Docker's data on a service's container."""
        (container,) = json.loads(said("docker", "inspect", self("ps", "--quiet", service).strip()))
        return dict(container)

    def wait_until_healthy(self, *services: str) -> None:
        """Wait until all are healthy. Raises an error with the log of one that has ended or is unhealthy."""
        for _ in STARTING.attempts():
            states = {service: self.inspected(service)["State"] for service in services}
            if all(state["Health"]["Status"] == "healthy" for state in states.values()):
                return
            for service, state in states.items():
                assert state["Status"] == "running", self("logs", service)
                assert state["Health"]["Status"] != "unhealthy", self("logs", service)

    def leftovers(self) -> list[str]:
        """Return the ids of the project's containers, volumes and networks."""
        label = f"label=com.docker.compose.project={self.name}"
        listings = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        return [i for words in listings for i in said("docker", *words, "--quiet", "--filter", label).splitlines()]


SERVICES = {"embedded": ("engine", "engine-dashboard"), "localstack": ("localstack", "gateway", "dashboard")}
"""The services that stay up, by profile; the last is the dashboard."""


@dataclass(frozen=True)
class Served:
    """A profile's running services, with the addresses of the engine and of the dashboard."""

    project: Composed
    services: tuple[str, ...]
    engine: str
    dashboard: str

    def inside(self, *command: str) -> str:
        """Run a command in the dashboard's container; return its output."""
        return self.project("exec", "-T", self.services[-1], *command)


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@contextmanager
def composed(name: str, profile: str, **variables: str) -> Iterator[Composed]:
    """Start the services of a profile; remove them with their volumes at the end of the block."""
    project = Composed(name, profile, variables)
    try:
        project("up", "--detach", "--no-build")
        yield project
    finally:
        project("down", "--volumes", "--timeout", "10")
