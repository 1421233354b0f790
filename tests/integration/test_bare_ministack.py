"""MiniStack as its own package starts it, without this project's gateway: the suites that every engine is held to."""

from collections.abc import Iterator

import pytest

from agenticai.client.stack import DeployedStack
from agenticai.emulator.process import Engine
from agenticai.stack.target import Target
from shared.storage.objects import Objects
from shared.storage.table import Table
from tests.contracts import BARE_MINISTACK as HELD
from tests.integration import (
    test_api_contract,
    test_engine_functions,
    test_fifo_queues,
    test_ports,
    test_queue_rules,
    test_queue_rules_refused,
    test_stage,
)
from tests.integration.bare_ministack import stack_on_bare_ministack
from tests.integration.cloud import Cloud

globals().update(
    HELD.collect(
        test_ports,
        test_engine_functions,
        test_queue_rules,
        test_queue_rules_refused,
        test_fifo_queues,
        test_stage,
        test_api_contract,
    )
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[DeployedStack]:
    with stack_on_bare_ministack(tmp_path_factory.mktemp("ministack"), engine) as stack:
        yield stack


@pytest.fixture(scope="module")
def target(running: DeployedStack) -> Target:
    return running.target


@pytest.fixture(scope="module")
def cloud(running: DeployedStack) -> Iterator[Cloud]:
    with Cloud(running.target.endpoint_url) as clients:
        yield clients


@pytest.fixture(scope="module")
def most_cases() -> int:
    return 2


@pytest.fixture
def table(stored_table: Table) -> Table:
    return stored_table


@pytest.fixture
def objects(stored_objects: Objects) -> Objects:
    return stored_objects
