"""MiniStack as its own package starts it, without this project's gateway: the suites that every engine must pass."""

from collections.abc import Iterator

import pytest

from agenticai.client.stack import DeployedStack
from agenticai.emulator.process import Engine
from tests.contracts import BARE_MINISTACK as HELD
from tests.integration import (
    held_stack,
    test_api_contract,
    test_engine_functions,
    test_fifo_queues,
    test_ports,
    test_queue_rules,
    test_queue_rules_refused,
    test_stage,
)
from tests.integration.bare_ministack import stack_on_bare_ministack

globals().update(
    HELD.collect(
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
def running(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[DeployedStack]:
    with stack_on_bare_ministack(tmp_path_factory.mktemp("ministack"), engine) as stack:
        yield stack
