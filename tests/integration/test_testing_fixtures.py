"""The fixtures for other projects: the documented example, what is deployed, and the isolation of tests."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from agenticai.emulator.client import ControlClient
from agenticai.emulator.faults.rules import Call, CallFault, Hold
from agenticai.emulator.process import start_engine
from agenticai.emulator.testing import AwsClient, clear, deploy_template, stepped
from agenticai.stack.deploying import DeployedStack
from agenticai.stack.errors import DeployError
from agenticai.stack.target import Target
from tests.integration.cloud import CASSETTES, eventually
from tests.needs import SKIP_NOTHING

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
        Properties:
          AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: []}
          Policies:
            - PolicyName: own
              PolicyDocument:
                Version: 2012-10-17
                Statement:
                  - {Effect: Allow, Action: ["sqs:*"], Resource: "*"}
                  - {Effect: Allow, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*"}
      Function:
        Type: AWS::Lambda::Function
        Properties:
          Code: src
          Handler: app.handler
          Runtime: python3.13
          Timeout: 30
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
    """An engine that no other module shares, because its dispatch mode is changed."""
    with start_engine(cassettes=CASSETTES, run_dir=tmp_path_factory.mktemp("engine")) as engine:
        yield engine.endpoint_url


@pytest.fixture(scope="module")
def target(endpoint_url: str) -> Iterator[Target]:
    made = Target.embedded(endpoint_url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def aws_client(target: Target) -> AwsClient:
    return target.client


@pytest.fixture(scope="module")
def control(endpoint_url: str) -> Iterator[ControlClient]:
    with ControlClient(endpoint_url) as client:
        yield client


@pytest.fixture(scope="module")
def stack(target: Target, tmp_path_factory: pytest.TempPathFactory) -> DeployedStack:
    return deployed(tmp_path_factory.mktemp("project"), TEMPLATE, "whole", target, {"Greeting": "good evening"})


def deployed(folder: Path, template: str, name: str, target: Target, parameters: dict[str, str]) -> DeployedStack:
    (folder / "src").mkdir()
    (folder / "src" / "app.py").write_text(textwrap.dedent(HANDLER))
    path = folder / "template.yaml"
    path.write_text(textwrap.dedent(template))
    return deploy_template(target, path, parameters, folder / "cache", name)


def run_pytest(*arguments: str, folder: Path) -> str:
    """Return pytest's output in a new process, as its users run it, without the plug-ins installed here."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


def runs_in_real_time(said: str) -> bool:
    """Return whether tests that need no skipped time passed, and all others were skipped with the reason."""
    lines = said.splitlines()
    passed = {line.rpartition("::")[2] for line in lines if line.startswith("PASSED")}
    skipped = [line for line in lines if line.startswith("SKIPPED")]
    reasons = [line for line in skipped if "LocalStack 4.13.1 cannot skip time" in line]
    both = {
        "test_an_order_is_stored_and_passed_on",
        "test_an_order_that_is_sent_again_is_stored_once_and_passed_on_each_time",
    }
    return passed == both and bool(skipped) and skipped == reasons and "failed" not in lines[-1]


class TestPlugin:
    def test_the_example_passes(self) -> None:
        said = run_pytest(EXAMPLE, "-q", "-rA", folder=ROOT)
        tests = sum(file.read_text().count("\ndef test_") for file in (ROOT / EXAMPLE).glob("test_*.py"))
        passed = {line.partition("[")[0] for line in said.splitlines() if line.startswith("PASSED")}
        assert len(passed) == tests > 0, said
        assert "failed" not in said.splitlines()[-1]

    def test_the_example_runs_on_localstack_and_names_what_it_skips(self) -> None:
        said = run_pytest(EXAMPLE, "--agenticai-engine", "localstack", "-q", "-rA", folder=ROOT)
        if "could not be installed" in said and SKIP_NOTHING not in os.environ:
            pytest.skip("LocalStack's runtime could not be installed")
        assert runs_in_real_time(said), said

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

    def test_what_fails_is_named_with_its_reason(self, tmp_path: Path, target: Target) -> None:
        broken = 'Resources: {Queue: {Type: "AWS::SQS::Queue", Properties: {MessageRetentionPeriod: 5}}}'
        with pytest.raises(DeployError, match=r"Queue \(AWS::SQS::Queue\) failed, because: .*Retention"):
            deployed(tmp_path, broken, "broken", target, {})

    def test_what_cloudformation_refuses_is_said(self, tmp_path: Path, target: Target) -> None:
        missing = 'Parameters: {Needed: {Type: String}}\nResources: {Queue: {Type: "AWS::SQS::Queue"}}'
        with pytest.raises(DeployError, match=r"refused: .*Needed"):
            deployed(tmp_path, missing, "missing", target, {})


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
            control.faults([])
            aws_client("lambda").invoke(FunctionName=stack.resources["Function"])
            assert (len(control.invocations()), control.usage().functions[0].invocations) == (1, 1)
        with stepped(control, sqs):
            assert (control.fired(), control.calls(), control.invocations()) == ((), (), ())
            assert control.usage().functions == ()
            assert "function" not in {row.caller for row in control.usage().calls}
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


class TestLocalFiles:
    """Files uploaded by `sam package` reach the engine, which uses them."""

    TEMPLATE = """
        Transform: AWS::Serverless-2016-10-31
        Resources:
          Function:
            Type: AWS::Serverless::Function
            Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.13}
          Inner:
            Type: AWS::CloudFormation::Stack
            Properties: {TemplateURL: inner.yaml}
          Flow:
            Type: AWS::Serverless::StateMachine
            Properties: {DefinitionUri: flow.json, Role: "arn:aws:iam::000000000000:role/any"}
          Included:
            Fn::Transform: {Name: AWS::Include, Parameters: {Location: queue.yaml}}
    """
    FILES: ClassVar = {
        "src/app.py": "from common.words import GREETING\ndef handler(event, context): return GREETING\n",
        "common/words.py": "GREETING = 'from a linked folder'\n",
        "inner.yaml": "Resources: {Topic: {Type: AWS::SNS::Topic}}",
        "flow.json": '{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
        "queue.yaml": "Type: AWS::SQS::Queue\nProperties: {DelaySeconds: 7}\n",
    }

    def test_it_is_deployed(self, tmp_path: Path, target: Target) -> None:
        for name, text in self.FILES.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        (tmp_path / "src" / "common").symlink_to("../common")
        (tmp_path / "template.yaml").write_text(textwrap.dedent(self.TEMPLATE))
        made = deploy_template(target, tmp_path / "template.yaml", {}, tmp_path / "cache", "local-files")
        answer = target.client("lambda").invoke(FunctionName=made.resources["Function"])
        assert answer["Payload"].read() == b'"from a linked folder"'
        attributes = target.client("sqs").get_queue_attributes(
            QueueUrl=made.resources["Included"], AttributeNames=["DelaySeconds"]
        )["Attributes"]
        assert attributes == {"DelaySeconds": "7"}
        flow = target.client("stepfunctions").describe_state_machine(stateMachineArn=made.resources["Flow"])
        assert json.loads(flow["definition"])["StartAt"] == "Done"
        assert made.resources["Inner"]
