"""LocalStack in its container, behind the gateway in another: the suites that every engine must pass."""

import os
from collections.abc import Iterator

import pytest

from agenticai.client.stack_lookup import stack_at
from agenticai.emulator.client import CONTROL_TOKEN
from agenticai.scenarios.benches.deployed import Bench
from tests.containers.composed import Served, needs_images
from tests.contracts import LOCALSTACK_IN_A_CONTAINER as HELD
from tests.integration import (
    held_stack,
    test_api_contract,
    test_engine_functions,
    test_fifo_queues,
    test_ports,
    test_queue_rules,
    test_queue_rules_refused,
    test_real_path,
    test_stage,
)
from tests.integration.test_real_path import Finished, finish_demo

pytestmark = needs_images

SECRET = (
    "import os; from agenticai.emulator.core.home import find_home;"
    " from agenticai.emulator.running import read_control_token;"
    " print(read_control_token(find_home(), os.environ['AGENTICAI_ENDPOINT']))"
)
"""Prints the control API's secret, in a container that shares the gateway's state."""

globals().update(
    HELD.collect(
        test_real_path,  # first, as it uses all queues
        test_ports,
        test_engine_functions,
        test_queue_rules,
        test_queue_rules_refused,
        test_fifo_queues,
        test_stage,
        test_api_contract,
        held_stack,
    )
)


@pytest.fixture(scope="module")
def running(localstack_services: Served) -> Iterator[Bench]:
    """The stack as the Compose file starts it, with its gateway's address and its control API's secret."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setitem(os.environ, CONTROL_TOKEN, localstack_services.inside("python", "-c", SECRET).strip())
        found = stack_at(localstack_services.engine, "dev")
        yield Bench(found.target, found.outputs, found.token, os.environ[CONTROL_TOKEN])


@pytest.fixture(scope="module")
def finished(running: Bench, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return finish_demo(running, tmp_path_factory.mktemp("demo"))
