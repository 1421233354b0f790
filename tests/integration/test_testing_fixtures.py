"""The fixtures for other projects: the documented example, what is deployed, and how one test leaves the next."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.faults.rules import Call, CallFault, Hold
from agenticai.emulator.process import start_engine
from agenticai.emulator.testing import AwsClient, NotDeployed, clear, stepped
from agenticai.emulator.testing.clients import Clients
from agenticai.emulator.testing.code import Packages
from agenticai.emulator.testing.deployment import DeployedStack, deploy
from tests.integration.cloud import CASSETTES, eventually

ROOT = Path(__file__).parents[2]
EXAMPLE = "docs/examples/orders"

TEMPLATE = """
    Parameters:
      Greeting: {Type: String, Default: hello}
    Resources:
      Queue:
        Type: AWS::SQS::Queue
      Role:
        Type: AWS::IAM::Role
        Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: []}}
      Function:
        Type: AWS::Lambda::Function
        Properties:
          Code: src
          Handler: app.handler
          Runtime: python3.13
          Role: !GetAtt Role.Arn
          Environment: {Variables: {GREETING: !Ref Greeting}}
      Mapping:
        Type: AWS::Lambda::EventSourceMapping
        Properties: {FunctionName: !Ref Function, EventSourceArn: !GetAtt Queue.Arn}
    Outputs:
      Arn: {Value: !GetAtt Queue.Arn}
"""
HANDLER = """
    import boto3, os
    def handler(event, context):
        boto3.client("sqs").list_queues()
        return os.environ["GREETING"]
"""


@pytest.fixture(scope="module")
def endpoint_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine that no other module shares, because its dispatch is changed."""
    with start_engine(cassettes=CASSETTES, run_dir=tmp_path_factory.mktemp("engine")) as engine:
        yield engine.endpoint_url


@pytest.fixture(scope="module")
def aws_client(endpoint_url: str) -> Iterator[AwsClient]:
    with Clients(endpoint_url) as clients:
        yield clients.get


@pytest.fixture(scope="module")
def control(endpoint_url: str) -> Iterator[ControlClient]:
    with ControlClient(endpoint_url) as client:
        yield client


@pytest.fixture(scope="module")
def stack(aws_client: AwsClient, tmp_path_factory: pytest.TempPathFactory) -> DeployedStack:
    return deployed(tmp_path_factory.mktemp("project"), TEMPLATE, "whole", aws_client, {"Greeting": "good evening"})


def deployed(
    folder: Path, template: str, name: str, aws_client: AwsClient, parameters: dict[str, str]
) -> DeployedStack:
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_text(textwrap.dedent(HANDLER))
    path = folder / "template.yaml"
    path.write_text(textwrap.dedent(template))
    return deploy(path, name, parameters, aws_client, Packages(folder / "cache", os.environ))


def run_pytest(*arguments: str, folder: Path) -> str:
    """What pytest prints, run in a process of its own as its users run it, without the plug-ins installed here."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


class TestPlugin:
    def test_the_example_passes(self) -> None:
        said = run_pytest(EXAMPLE, "-q", "-rA", folder=ROOT)
        tests = sum(file.read_text().count("\ndef test_") for file in (ROOT / EXAMPLE).glob("test_*.py"))
        passed = {line.partition("[")[0] for line in said.splitlines() if line.startswith("PASSED")}
        assert len(passed) == tests > 0, said
        assert "failed" not in said.splitlines()[-1]

    def test_a_template_must_be_named(self, tmp_path: Path) -> None:
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["agenticai.emulator.testing"]\n')
        (tmp_path / "test_it.py").write_text("def test_it(deployed_stack): pass\n")
        environment = ("-c", os.devnull, "--rootdir", str(tmp_path))
        said = run_pytest(str(tmp_path), *environment, folder=ROOT)
        assert "define a session fixture `agenticai_template` that returns its path" in said


class TestDeployedStack:
    def test_it_tells_outputs_and_physical_ids(self, stack: DeployedStack, aws_client: AwsClient) -> None:
        assert set(stack.resources) == {"Queue", "Role", "Function", "Mapping"}
        url = stack.resources["Queue"]
        attributes = aws_client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        assert stack.outputs == {"Arn": attributes["QueueArn"]}

    def test_its_code_runs_with_the_parameters(self, stack: DeployedStack, aws_client: AwsClient) -> None:
        answer = aws_client("lambda").invoke(FunctionName=stack.resources["Function"])
        assert answer["Payload"].read() == b'"good evening"'

    def test_what_fails_is_named_with_its_reason(self, tmp_path: Path, aws_client: AwsClient) -> None:
        broken = 'Resources: {Queue: {Type: "AWS::SQS::Queue", Properties: {MessageRetentionPeriod: 5}}}'
        with pytest.raises(NotDeployed, match=r"Queue \(AWS::SQS::Queue\) could not be created: .*Retention"):
            deployed(tmp_path, broken, "broken", aws_client, {})

    def test_what_cloudformation_refuses_is_said(self, tmp_path: Path, aws_client: AwsClient) -> None:
        missing = 'Parameters: {Needed: {Type: String}}\nResources: {Queue: {Type: "AWS::SQS::Queue"}}'
        with pytest.raises(NotDeployed, match=r"refused: .*Needed"):
            deployed(tmp_path, missing, "missing", aws_client, {})


class TestControl:
    def test_a_test_begins_without_what_another_left(
        self, stack: DeployedStack, aws_client: AwsClient, control: ControlClient
    ) -> None:
        sqs, url = aws_client("sqs"), stack.resources["Queue"]
        with stepped(control, sqs):
            control.faults([CallFault(when=Call(times=100), then=Hold(do="hold"))])
            for _ in range(3):
                sqs.send_message(QueueUrl=url, MessageBody="{}")
            assert control.settle().held
        with stepped(control, sqs):
            assert (control.fired(), control.calls()) == ((), ())
            settled = control.settle()
            assert (settled.quiet, settled.deliveries) == (True, 0)

    def test_what_a_test_without_it_left_is_taken_away_too(
        self, stack: DeployedStack, aws_client: AwsClient, control: ControlClient
    ) -> None:
        sqs = aws_client("sqs")
        sqs.send_message(QueueUrl=stack.resources["Queue"], MessageBody="{}", DelaySeconds=900)
        clear(control, sqs)
        with stepped(control, sqs):
            assert control.settle().skipped_s == 0

    def test_after_it_messages_go_their_way_by_themselves(
        self, stack: DeployedStack, aws_client: AwsClient, control: ControlClient
    ) -> None:
        sqs = aws_client("sqs")
        with stepped(control, sqs):
            before = len(control.invocations())
        sqs.send_message(QueueUrl=stack.resources["Queue"], MessageBody="{}")
        eventually(lambda: len(control.invocations()) > before)
