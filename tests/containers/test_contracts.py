"""LocalStack in its container, behind the gateway in another: the suites that every engine is held to."""

import os
from collections.abc import Iterator

import pytest

from agenticai.client.finding import stack_at
from agenticai.client.stack import DeployedStack
from tests.containers.composed import composed, needs_images
from tests.containers.test_compose import free_port
from tests.contracts import LOCALSTACK_IN_A_CONTAINER as HELD
from tests.integration import (
    held_stack,
    test_engine_functions,
    test_fifo_queues,
    test_ports,
    test_queue_rules,
    test_queue_rules_refused,
)

pytestmark = needs_images

globals().update(
    HELD.collect(
        test_ports,
        test_engine_functions,
        test_queue_rules,
        test_queue_rules_refused,
        test_fifo_queues,
        held_stack,
    )
)


@pytest.fixture(scope="module")
def running() -> Iterator[DeployedStack]:
    """The stack as the Compose file brings it up, by the address of its gateway."""
    port = free_port()
    name = f"agenticai-contracts-{os.getpid()}"
    with composed(name, "localstack", AGENTICAI_PORT=port, DASHBOARD_PORT=free_port()) as project:
        project.wait_until_healthy("localstack", "gateway", "dashboard")
        yield stack_at(f"http://127.0.0.1:{port}", "dev")
