"""Fixtures for pytest: your own handlers and template on an engine whose messages, clock and faults a test steers.

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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.home import find_home
from agenticai.emulator.process import Engine, start_engine
from agenticai.stack.deploying import DeployedStack, deploy_stack, describe_stack
from agenticai.stack.errors import DeployError
from agenticai.stack.packaging import Packaging, build
from agenticai.stack.target import Target
from agenticai.stack.template import Template

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

__all__ = ["AwsClient", "ControlClient", "DeployError", "DeployedStack", "Engine"]

STACK_NAME = "tested"

AwsClient = Callable[[str], Any]
"""Returns the boto3 client of a service of the engine, such as `aws_client("sqs")`, made once a session."""


@pytest.fixture(scope="session")
def agenticai_template() -> Path:
    """Set the SAM or CloudFormation template of `deployed_stack`; there is no default."""
    pytest.fail(
        "No template is named: define a session fixture `agenticai_template` that returns its path.", pytrace=False
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
def agenticai_engine(
    agenticai_cassettes: Path, agenticai_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Start an engine on a free port, with nothing on it; its log is `engine.log` in pytest's temporary folder."""
    run_dir = tmp_path_factory.mktemp("engine")
    with start_engine(cassettes=agenticai_cassettes, run_dir=run_dir, home=agenticai_home) as engine:
        yield engine


@pytest.fixture(scope="session")
def agenticai_target(agenticai_engine: Engine) -> Iterator[Target]:
    """Return the engine as a target of deployments, with its clients."""
    target = Target.embedded(agenticai_engine.endpoint_url)
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


def deploy_template(
    target: Target, path: Path, parameters: Mapping[str, str], cache: Path, name: str = STACK_NAME
) -> DeployedStack:
    """Package and deploy a template as it is. Raises BuildError and DeployError."""
    template = Template.load(path)
    bundles = build(template, Packaging(target.platform, cache))
    deploy_stack(target, name, template, bundles, parameters)
    return describe_stack(target, name)


@pytest.fixture
def control(agenticai_engine: Engine, aws_client: AwsClient) -> Iterator[ControlClient]:
    """Return the engine's control client: `settle` alone delivers, no fault is set, and every queue is empty."""
    with ControlClient(agenticai_engine.endpoint_url) as client, stepped(client, aws_client("sqs")):
        yield client


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
