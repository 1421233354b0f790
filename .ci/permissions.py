"""Replay scenarios on an engine, show what functions' roles grant, and fail if a function was denied anything."""

import subprocess
import sys
from typing import Final

from agenticai.scenarios.benches.embedded import bench

SCENARIOS: Final = ("greeting", "diamond", "repair-ends-well", "todo-service", "delete-in-flight")
"""Together they have every agent do its work, a repair, a change and a deletion included."""


def main() -> int:
    """Return the status of the first command that fails, else 0."""
    with bench() as running:
        address = str(running.target.endpoint_url)
        return agenticai("replay", *SCENARIOS, "--target", address) or agenticai(
            "permissions", "--fail-on-denied", "--endpoint", address
        )


def agenticai(*arguments: str) -> int:
    """Run a command and return its status."""
    return subprocess.run([sys.executable, "-m", "agenticai", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
