"""LocalStack in its container, behind the gateway in another: the suites that every engine is held to."""

import pytest

from agenticai.client.finding import stack_at
from agenticai.client.stack import DeployedStack
from tests.containers.composed import Served, needs_images
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
def running(localstack_services: Served) -> DeployedStack:
    """The stack as the Compose file brings it up, by the address of its gateway."""
    return stack_at(localstack_services.engine, "dev")
