"""The fixtures for other projects, and the block for plain Python, on LocalStack in a container."""

import os
import subprocess
import sys

from agenticai.emulator.engines.chosen import IMAGE_VARIABLE
from agenticai.emulator.engines.localstack.docker_engine import LABEL
from tests.containers.composed import IMAGES, ROOT, needs_images, said
from tests.integration.test_testing_fixtures import EXAMPLE, runs_in_real_time

pytestmark = needs_images


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", IMAGE_VARIABLE: IMAGES[1]}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600
    )


def test_the_example_runs_there_and_names_what_it_skips() -> None:
    options = ("-p", "no:cacheprovider", "-q", "-rA", "--agenticai-engine", "container")
    done = run("-m", "pytest", EXAMPLE, *options)
    assert runs_in_real_time(done.stdout), done.stdout
    assert said("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}") == ""


def test_a_block_of_python_has_one_for_itself() -> None:
    done = run(f"{EXAMPLE}/in_a_container.py")
    assert done.stdout.startswith('{"order_id": "1"} {'), done.stderr
    assert "'dynamodb': " in done.stdout
    assert said("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}") == ""
