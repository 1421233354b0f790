"""The engine that the integration tests share: one a test process, on a free port, in a directory of its own."""

from collections.abc import Iterator

import pytest

from agenticai.emulator.process import Engine, start_engine
from tests.integration.cloud import CASSETTES, Cloud


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A running engine; what is kept from run to run (interpreter, unpacked code) stays in the project's own place."""
    with start_engine(cassettes=CASSETTES, run_dir=tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture(scope="session")
def cloud(engine: Engine) -> Iterator[Cloud]:
    """The shared engine through boto3 and the control client."""
    with Cloud(engine.endpoint_url) as shared:
        yield shared
