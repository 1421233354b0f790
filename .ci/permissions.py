"""Have functions do all that they do on an engine, show what their roles grant, and fail if anything was denied."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx2

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.stack import secrets

SCENARIOS: Final = (
    "greeting",  # and a change
    "node-service",  # the other runner, and files that a change takes away
    "templates",  # functions in Python, whose packages are proven
    "repair-by-tests",  # what tests say goes back to dev
    "delete-in-flight",  # what is swept up by the API and by agents
    "retry-after-failure",
    "packaged-again",
    "lost-message",  # the API sends to dev what was lost
    "model-quota",  # pm parks its message
    "poison-message",  # given back to the queues, as is what follows
    "poison-redriven",
)
"""Together they have every agent, and the API, do all that the library has them do."""


LINK: Final = re.compile(r'"(http://[^"]+X-Amz-Signature=[^"]+)"')
"""What the API signs, so that it is read in the API's name."""


def main() -> int:
    """Return 0 if nothing was denied and every scenario passed."""
    with bench() as running:
        address = str(running.target.endpoint_url)
        replayed = agenticai("replay", *SCENARIOS, "--target", address)
        ask_all(running)
        return agenticai("permissions", "--fail-on-denied", "--endpoint", address) or replayed


def agenticai(*arguments: str) -> int:
    """Run a command and return its status."""
    return subprocess.run([sys.executable, "-m", "agenticai", *arguments], check=False).returncode


def ask_all(running: Bench) -> None:
    """Ask the API for all that can be read, and follow its links; print the answers.

    It is done with a new token and with the one that this replaces.
    """
    url, before = running.outputs.api_url, running.token
    tokens = before, secrets.rotate(running.target.client("ssm"), running.outputs.stage)
    for token in reversed(tokens):
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
            answers = {path: http.get(path) for path in list_paths(http)}
            links = {link for answer in answers.values() for link in LINK.findall(answer.text)}
            followed = {link.partition("?")[0]: http.get(link) for link in sorted(links)}
    for path, answer in {**answers, **followed}.items():
        sys.stdout.write(f"{answer.status_code} {path}\n")


def list_paths(http: httpx2.Client) -> Iterator[str]:
    """Yield every path of the API that can be read, with the ids of things that are there and the path of a file."""
    known: Mapping[str, str] = {
        "project_id": first(http, "/api/projects?status=COMPLETED", "id"),
        "template_id": first(http, "/api/templates", "id"),
    }
    files = f"/api/projects/{known['project_id']}/files"
    known = {**known, "path": first(http, files, "path")}
    for path, methods in http.get("/openapi.json").json()["paths"].items():
        if "get" in methods:
            yield path.format(**known)


def first(http: httpx2.Client, path: str, name: str) -> str:
    """Return what the first item of a listing has by this name; "none" if the listing is empty or no listing."""
    items: list[dict[str, Any]] = http.get(path).json().get("items", [])
    return str(items[0][name]) if items else "none"


if __name__ == "__main__":
    sys.exit(main())
