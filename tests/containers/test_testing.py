"""The fixtures for other projects, and the context manager for plain Python, on LocalStack in a container."""

import os
import subprocess
import sys
from pathlib import Path

from agenticai.emulator.engines.engine_choice import IMAGE_VARIABLE
from agenticai.emulator.engines.localstack.docker_engine import LABEL
from tests.containers.composed import IMAGES, ROOT, needs_images, said
from tests.integration.test_testing_fixtures import EXAMPLE, runs_in_real_time

pytestmark = needs_images


def run(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run Python with all temporary files in a folder."""
    environ = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", IMAGE_VARIABLE: IMAGES[1], "TMPDIR": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600
    )


def containers_of(folder: Path) -> list[str]:
    """Return the runs in a folder that have a container."""
    runs = said("docker", "ps", "--all", "--format", f'{{{{.Label "{LABEL}"}}}}').splitlines()
    return [run for run in runs if run.startswith(str(folder))]


def test_the_example_runs_there_and_names_what_it_skips(tmp_path: Path) -> None:
    options = ("-p", "no:cacheprovider", "-q", "-rA", "--agenticai-engine", "container")
    done = run("-m", "pytest", EXAMPLE, *options, folder=tmp_path)
    assert runs_in_real_time(done.stdout), done.stdout
    assert containers_of(tmp_path) == []


def test_a_block_of_python_has_one_for_itself(tmp_path: Path) -> None:
    done = run(f"{EXAMPLE}/in_a_container.py", folder=tmp_path)
    assert done.stdout.startswith('{"order_id": "1"} {'), done.stderr
    assert "'dynamodb': " in done.stdout
    assert containers_of(tmp_path) == []
