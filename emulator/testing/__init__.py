"""Fixtures for pytest: your own handlers and template on an engine, whose messages, clock and faults a test steers.

Name the plug-in in the top-level `conftest.py` of your tests, and say there where the template is:

    pytest_plugins = ["agenticai.emulator.testing"]

    @pytest.fixture(scope="session")
    def agenticai_template() -> Path:
        return Path(__file__).parent / "template.yaml"

A test then asks for `deployed_stack`, `aws_client` and `control`. The fixtures whose names begin with `agenticai_` are
settings, to be replaced by your own of the same name. Under pytest-xdist every worker has an engine of its own.
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
"""Returns the boto3 client of a service of the engine, such as `aws_client("sqs")`, made once a session."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says which engine the tests run on."""
    parser.getgroup("agenticai").addoption(
        OPTION, choices=KINDS, default=None, help="what `deployed_stack` is deployed to (default: embedded)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
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
    """Set where things are kept from run to run, as installed packages; by default `.agenticai` in the root folder.

    What AGENTICAI_HOME names, or one in a folder above, is taken instead, as the command line does.
    """
    return find_home(folder=pytestconfig.rootpath)


@pytest.fixture(scope="session")
def agenticai_engine_kind(pytestconfig: pytest.Config) -> str:
    """Set what the tests run on: `embedded`, `localstack` without Docker, or LocalStack in a `container`.

    By default it is what the option --agenticai-engine says, and else embedded.
    """
    return str(pytestconfig.getoption(OPTION, None) or KINDS[0])


@pytest.fixture(scope="session")
def agenticai_localstack_image() -> str:
    """Set the image of a container; by default it is what AGENTICAI_LOCALSTACK_IMAGE names."""
    return ""


@pytest.fixture(scope="session")
def agenticai_iam() -> bool:
    """Set whether the embedded engine holds functions to the policies of their roles; by default it does."""
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
    """Start an engine on a free port, with nothing on it; its log is `engine.log` in pytest's temporary folder."""
    run_dir = tmp_path_factory.mktemp("engine")
    try:
        chosen = replace(engine_of(agenticai_engine_kind, agenticai_localstack_image), iam=agenticai_iam)
        starting = start_engine(cassettes=agenticai_cassettes, run_dir=run_dir, home=agenticai_home, engine=chosen)
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
    """Return what makes boto3 clients of the engine: `aws_client("dynamodb")`. Nothing they do reaches an account."""
    return agenticai_target.client


@pytest.fixture(scope="session")
def deployed_stack(
    agenticai_template: Path, agenticai_parameters: Mapping[str, str], agenticai_home: Path, agenticai_target: Target
) -> DeployedStack:
    """Deploy the template with its code once a session, for names and outputs. Raises StackError, which says why."""
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
    """Return the engine's control client: `settle` alone delivers, no fault is set, and every queue is empty.

    On LocalStack messages are delivered by themselves, `settle` waits for that, and what it cannot do skips the test.
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
    """Deliver messages by `settle` only inside the block; what is left of a test, this one too, is taken away."""
    control.dispatch("stepped")
    clear(control, sqs)
    try:
        yield
    finally:
        clear(control, sqs)
        control.dispatch("free")


def clear(control: ControlClient, sqs: "SQSClient") -> None:
    """Take the faults away, let what runs come to its end, empty every queue, and forget what was called."""
    control.faults(())
    control.settle(deliveries=0)
    for page in sqs.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls", []):
            sqs.purge_queue(QueueUrl=url)
    control.faults(())  # forgets the calls of what came to its end
    control.forget_usage()
