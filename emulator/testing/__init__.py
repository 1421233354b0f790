"""Pytest fixtures that run your handlers and template on an engine whose messages, clock and faults a test controls.

Register the plug-in in the top-level `conftest.py` of your tests, and define the template's path there:

    pytest_plugins = ["agenticai.emulator.testing"]

    @pytest.fixture(scope="session")
    def agenticai_template() -> Path:
        return Path(__file__).parent / "template.yaml"

A test then requests `deployed_stack`, `aws_client` and `control`. Fixtures whose names begin with `agenticai_` are
settings, which you override with your own of the same name. Under pytest-xdist every worker has its own engine.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import EngineError
from agenticai.emulator.core.home import find_home
from agenticai.emulator.process import Engine, start_engine
from agenticai.emulator.standalone import KINDS, AgenticAIContainer, deploy_template, engine_of, target_of
from agenticai.emulator.testing.real_time import RealTimeControl
from agenticai.stack.deploying import DeployedStack
from agenticai.stack.errors import DeployError
from agenticai.stack.target import Capability, Target

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

__all__ = [
    "AgenticAIContainer",
    "AwsClient",
    "ControlClient",
    "DeployError",
    "DeployedStack",
    "Engine",
    "deploy_template",
]

OPTION = "--agenticai-engine"
SKIPS_TIME = "skips_time"

AwsClient = Callable[[str], Any]
"""Returns the boto3 client of a service of the engine, such as `aws_client("sqs")`, created once per session."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that selects the engine of the tests."""
    parser.getgroup("agenticai").addoption(
        OPTION, choices=KINDS, default=None, help="what `deployed_stack` is deployed to (default: embedded)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", f"{SKIPS_TIME}: needs an engine that skips time; skipped by name on others")


@pytest.fixture(scope="session")
def agenticai_template() -> Path:
    """Set the SAM or CloudFormation template of `deployed_stack`; there is no default."""
    pytest.fail(
        "No template is set: define a session fixture `agenticai_template` that returns its path.", pytrace=False
    )


@pytest.fixture(scope="session")
def agenticai_parameters() -> Mapping[str, str]:
    """Set the values of the template's parameters; those left out have their defaults."""
    return {}


@pytest.fixture(scope="session")
def agenticai_cassettes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set the folder of stored replies of the language model; by default there are none."""
    return tmp_path_factory.mktemp("cassettes")


@pytest.fixture(scope="session")
def agenticai_home(pytestconfig: pytest.Config) -> Path:
    """Set the folder for files kept between runs, such as packages; by default `.agenticai` in the root folder.

    As on the command line, AGENTICAI_HOME or an existing one in a folder above takes precedence.
    """
    return find_home(folder=pytestconfig.rootpath)


@pytest.fixture(scope="session")
def agenticai_engine_kind(pytestconfig: pytest.Config) -> str:
    """Set the engine of the tests: `embedded`, `localstack` without Docker, or LocalStack in a `container`.

    The default is the option --agenticai-engine, or else embedded.
    """
    return str(pytestconfig.getoption(OPTION, None) or KINDS[0])


@pytest.fixture(scope="session")
def agenticai_localstack_image() -> str:
    """Set the image of a container; by default AGENTICAI_LOCALSTACK_IMAGE."""
    return ""


@pytest.fixture(scope="session")
def agenticai_iam() -> bool:
    """Set whether the embedded engine enforces the policies of functions' roles; by default it does."""
    return True


@pytest.fixture(scope="session")
def agenticai_engine(
    agenticai_cassettes: Path,
    agenticai_home: Path,
    agenticai_engine_kind: str,
    agenticai_localstack_image: str,
    agenticai_iam: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """Start an empty engine on a free port; its log is `engine.log` in pytest's temporary folder."""
    run_dir = tmp_path_factory.mktemp("engine")
    try:
        choice = replace(engine_of(agenticai_engine_kind, agenticai_localstack_image), iam=agenticai_iam)
        starting = start_engine(cassettes=agenticai_cassettes, run_dir=run_dir, home=agenticai_home, engine=choice)
    except EngineError as error:
        pytest.fail(str(error), pytrace=False)
    with starting as engine:
        yield engine


@pytest.fixture(scope="session")
def agenticai_target(agenticai_engine: Engine) -> Iterator[Target]:
    """Return the engine as a target of deployments, with its clients."""
    target = target_of(agenticai_engine)
    yield target
    target.close()


@pytest.fixture(scope="session")
def aws_client(agenticai_target: Target) -> AwsClient:
    """Return a function for boto3 clients of the engine: `aws_client("dynamodb")`. They never reach a real account."""
    return agenticai_target.client


@pytest.fixture(scope="session")
def deployed_stack(
    agenticai_template: Path, agenticai_parameters: Mapping[str, str], agenticai_home: Path, agenticai_target: Target
) -> DeployedStack:
    """Deploy the template with its code once per session; has names and outputs. Raises StackError with the reason."""
    return deploy_template(agenticai_target, agenticai_template, agenticai_parameters, agenticai_home / "cache")


@pytest.fixture(autouse=True)
def _skip_what_needs_skipped_time(request: pytest.FixtureRequest) -> None:
    if not request.node.get_closest_marker(SKIPS_TIME):
        return
    target: Target = request.getfixturevalue("agenticai_target")
    if Capability.STEPS not in target.capabilities:
        pytest.skip(f"{target.name} cannot skip time and delivers messages on its own")


@pytest.fixture
def control(agenticai_engine: Engine, agenticai_target: Target, aws_client: AwsClient) -> Iterator[ControlClient]:
    """Return the engine's control client: only `settle` delivers messages, no faults are set, and all queues are empty.

    On LocalStack messages are delivered automatically, `settle` waits for that, and unsupported calls skip the test.
    """
    url, token = agenticai_engine.endpoint_url, agenticai_engine.control_token
    if Capability.STEPS in agenticai_target.capabilities:
        with ControlClient(url, token=token) as client, stepped(client, aws_client("sqs")):
            yield client
        return
    with RealTimeControl(url, token, agenticai_target.name, aws_client) as client:
        clear(client, aws_client("sqs"))
        yield client
        clear(client, aws_client("sqs"))


@contextmanager
def stepped(control: ControlClient, sqs: "SQSClient") -> Iterator[None]:
    """Deliver messages only by `settle` during the block; clean up before it and after it."""
    control.dispatch("stepped")
    clear(control, sqs)
    try:
        yield
    finally:
        clear(control, sqs)
        control.dispatch("free")


def clear(control: ControlClient, sqs: "SQSClient") -> None:
    """Remove all faults, wait until running functions end, purge every queue, and forget recorded calls."""
    control.faults(())
    control.settle(deliveries=0)
    for page in sqs.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls", []):
            sqs.purge_queue(QueueUrl=url)
    control.faults(())  # forgets the calls of functions that have just ended
    control.forget_usage()
