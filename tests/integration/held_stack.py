"""The suites' fixtures for an engine of which only the stack is known: the `running` of its own module."""

from collections.abc import Iterator

import pytest

from agenticai.client.stack import DeployedStack
from agenticai.stack.target import Target
from shared.storage.objects import Objects
from shared.storage.table import Table
from tests.integration.cloud import Cloud


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
