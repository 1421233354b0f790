"""Rules for AgenticAI's template, checked on SAM's output."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.stack.local_files import Content, S3Object
from agenticai.stack.outputs import AGENTS, FUNCTIONS, make_title
from agenticai.stack.template import TEMPLATE, Template
from qa_agent.analysers.isolation import LIMITS as ANALYSIS_LIMITS
from runner.running import EMPTYING_SECONDS, LIMITS
from shared.composition import ModelAdapter, ModelSettings
from shared.queues import AgentQueue
from shared.runners.lambda_function import ANSWERS_SECONDS
from tests.routes import list_routes
from tests.stack.transformed import Resource, of, transform_template

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAXIMUM_TEMPLATE = 1_000_000
"""Bytes of a template in S3, to which `Store.template` uploads long ones."""

MAXIMUM_RESOURCES = 500
MAXIMUM_PARAMETERS = 200

MAXIMUM_FUNCTION_POLICY = 20_480  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html


@pytest.fixture(scope="module")
def source() -> Template:
    return Template.load()


@pytest.fixture(scope="module")
def resources(source: Template) -> dict[str, Resource]:
    """Return the resources as CloudFormation sees them."""
    made: dict[str, Resource] = transform_template(source, {})["Resources"]
    return made


def consumers(resources: dict[str, Resource]) -> Iterator[tuple[Resource, Resource, Resource]]:
    """Yield each event source mapping with its queue and its function."""
    for mapping in of(resources, "AWS::Lambda::EventSourceMapping").values():
        queue = resources[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        alias = resources[mapping["FunctionName"]["Ref"]]["Properties"]
        yield mapping, queue, resources[alias["FunctionName"]["Ref"]]["Properties"]


def test_cfn_lint_finds_nothing() -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(cfn_lint), "--regions", "us-east-1", "eu-central-1", "--", str(TEMPLATE)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_it_is_far_from_the_limits_of_cloudformation(source: Template, resources: dict[str, Resource]) -> None:
    objects = {each.id: S3Object("b" * 63, "k" * 90) for each in source.artifacts}
    assert len(source.render_body(objects, {}).encode()) < MAXIMUM_TEMPLATE / 10
    assert len(resources) < MAXIMUM_RESOURCES / 3
    assert len(source.document["Parameters"]) < MAXIMUM_PARAMETERS / 3


def test_four_agents_consume_four_queues(resources: dict[str, Resource]) -> None:
    assert len(list(consumers(resources))) == 4
    assert len(of(resources, "AWS::Lambda::Function")) == 7


RUNNERS = {"RUNNER_FUNCTION": "Runner", "NODE_RUNNER_FUNCTION": "NodeRunner"}
"""The runners by the variables with their names."""


def test_the_runners_are_asked_by_qa_and_ops_alone(resources: dict[str, Resource]) -> None:
    for function in ("QaFunction", "OpsFunction"):
        variables = resources[function]["Properties"]["Environment"]["Variables"]
        asked = {name: value for name, value in variables.items() if name.endswith("RUNNER_FUNCTION")}
        assert asked == {name: {"Fn::Sub": f"${{{one}FunctionAliaslive}}"} for name, one in RUNNERS.items()}
    for one in RUNNERS.values():
        alias = resources[f"{one}FunctionAliaslive"]["Properties"]
        assert alias["FunctionName"] == {"Ref": f"{one}Function"}
    asking = [
        (name, statement["Resource"])
        for name, role in of(resources, "AWS::IAM::Role").items()
        for statement in statements({"Properties": {"Policies": [], **role}})
        if "lambda:InvokeFunction" in statement["Action"]
    ]
    functions = [{"Fn::Sub": f"${{{one}Function.Arn}}:live"} for one in RUNNERS.values()]
    assert asking == [(role, functions) for role in ("QaRole", "OpsRole")]


@pytest.mark.parametrize("one", RUNNERS.values())
def test_a_runner_may_write_its_log_alone(resources: dict[str, Resource], one: str) -> None:
    role = resources[f"{one}Role"]
    assert role["Properties"]["ManagedPolicyArns"]["Fn::If"][::2] == ["IsolatesRunner", {"Ref": "AWS::NoValue"}]
    (statement,) = statements(role)
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": [f"{one}LogGroup", "Arn"]}
    function = resources[f"{one}Function"]["Properties"]
    assert function["Role"] == {"Fn::GetAtt": [f"{one}Role", "Arn"]}
    assert function["VpcConfig"]["Fn::If"][0] == "IsolatesRunner"
    group = resources[f"{one}LogGroup"]["Properties"]["LogGroupName"]["Fn::Sub"]
    assert group == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}"


def test_what_runs_in_a_runner_with_subnets_may_do_nothing_there(resources: dict[str, Resource]) -> None:
    policy = resources["RunnerNetworkPolicy"]["Properties"]
    assert policy["Roles"] == [{"Ref": f"{one}Role"} for one in RUNNERS.values()]
    (denied,) = policy["PolicyDocument"]["Statement"]
    named = [arn["Fn::Sub"].rsplit(":", 1)[1] for arn in denied["Condition"]["ArnLike"]["lambda:SourceFunctionArn"]]
    assert named == [resources[f"{one}Function"]["Properties"]["FunctionName"]["Fn::Sub"] for one in RUNNERS.values()]


def test_the_runners_are_the_same_but_for_node(resources: dict[str, Resource]) -> None:
    python, node = (resources[f"{one}Function"]["Properties"] for one in RUNNERS.values())
    shared, carried = (re.sub(r"Layer\w+$", "Layer", layer["Ref"]) for layer in node["Layers"])
    assert (shared, carried) == ("SharedLayer", "NodeLayer")
    assert node["Layers"][:1] == python["Layers"]
    same = ("Code", "Handler", "Runtime", "MemorySize", "Timeout", "VpcConfig", "TracingConfig", "Architectures")
    assert {name: node[name] for name in same} == {name: python[name] for name in same}


def test_an_answer_of_the_runner_is_waited_for_longer_than_it_can_take(resources: dict[str, Resource]) -> None:
    functions = of(resources, "AWS::Lambda::Function")
    run = LIMITS.wall_seconds + EMPTYING_SECONDS + 15  # seconds to start the interpreters and to end the sandboxes
    assert all(run < functions[f"{one}Function"]["Timeout"] < ANSWERS_SECONDS for one in RUNNERS.values())
    assert 2 * ANSWERS_SECONDS + ANALYSIS_LIMITS.total < functions["QaFunction"]["Timeout"]


def test_visibility_is_six_times_the_timeout(resources: dict[str, Resource]) -> None:
    for _, queue, function in consumers(resources):
        assert queue["VisibilityTimeout"] == 6 * function["Timeout"]


def test_a_message_is_tried_five_times_at_least(resources: dict[str, Resource]) -> None:
    for _, queue, _ in consumers(resources):
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_mappings_take_one_message_and_report_it_alone(resources: dict[str, Resource]) -> None:
    for mapping, _, _ in consumers(resources):
        assert mapping["BatchSize"] == 1
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_each_dead_letter_queue_keeps_two_weeks_for_its_queue_alone(resources: dict[str, Resource]) -> None:
    queues = of(resources, "AWS::SQS::Queue")
    for _, queue, _ in consumers(resources):
        dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
        [allowed] = dead["RedriveAllowPolicy"]["sourceQueueArns"]
        assert allowed["Fn::Sub"].rsplit(":", 1)[1] == queue["QueueName"]["Fn::Sub"]


def test_each_dead_letter_queue_has_an_alarm(resources: dict[str, Resource]) -> None:
    dead = {name for name in of(resources, "AWS::SQS::Queue") if name.endswith("DeadLetterQueue")}
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in of(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 0
    }
    assert len(dead) == 4
    assert watched == dead


def test_each_function_has_a_log_group_with_retention_that_is_there_first(resources: dict[str, Resource]) -> None:
    groups = of(resources, "AWS::Logs::LogGroup")
    for function in of(resources, "AWS::Lambda::Function").values():
        [(logical_id, group)] = [
            (logical_id, group)
            for logical_id, group in groups.items()
            if group["LogGroupName"]["Fn::Sub"] == "/aws/lambda/" + function["FunctionName"]["Fn::Sub"]
        ]
        assert group["RetentionInDays"] == 14
        role = resources[function["Role"]["Fn::GetAtt"][0]]
        assert {"Fn::GetAtt": [logical_id, "Arn"]} in [statement["Resource"] for statement in statements(role)]


def test_each_function_publishes_to_the_alias_live_whatever_changes(
    source: Template, resources: dict[str, Resource]
) -> None:
    assert source.document["Globals"]["Function"]["AutoPublishAliasAllProperties"] is True
    assert len(of(resources, "AWS::Lambda::Alias")) == 7


def test_each_folder_is_the_package_that_its_handler_names(source: Template) -> None:
    for artifact in source.artifacts:
        if artifact.content is Content.CODE:
            handler = source.document["Resources"][artifact.id]["Properties"]["Handler"]
            assert handler.partition(".")[0] == artifact.source.name


def test_the_functions_that_ask_the_model_are_told_through_which_package(
    source: Template, resources: dict[str, Resource]
) -> None:
    parameter = source.document["Parameters"]["ModelAdapter"]
    assert parameter["AllowedValues"] == list(ModelAdapter)
    assert parameter["Default"] == ModelSettings.model_fields["model_adapter"].default
    told = {
        name
        for name, function in of(resources, "AWS::Lambda::Function").items()
        if function["Environment"]["Variables"].get("MODEL_ADAPTER") == {"Ref": "ModelAdapter"}
    }
    assert told == {"PmFunction", "DevFunction"}


def test_no_permission_is_for_everything(resources: dict[str, Resource]) -> None:
    roles = [each for each in resources.values() if each["Type"] == "AWS::IAM::Role" and each.get("Condition") is None]
    assert len(roles) == 7
    for role in roles:
        if role not in [resources[f"{one}Role"] for one in RUNNERS.values()]:
            assert role["Properties"]["ManagedPolicyArns"][:2] == [{"Ref": "ItemsPolicy"}, {"Ref": "DeletionPolicy"}]
        for statement in statements(role):
            assert "*" not in str(statement["Action"])
            assert statement["Resource"] != "*"


def statements(role: Resource) -> list[Resource]:
    return [each for policy in role["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def test_routes_name_their_methods_and_browsers_may_ask_first(source: Template) -> None:
    methods: dict[str, set[str]] = {}
    for route in list_routes(source):
        methods.setdefault(route.path, set()).add(route.method)
    assert all("any" not in each for each in methods.values())
    asked_by_no_page = {"/health", "/openapi.json", "/docs"}
    assert {path for path, each in methods.items() if "options" not in each} == asked_by_no_page


def test_every_route_leads_to_the_alias_of_the_one_function(resources: dict[str, Resource]) -> None:
    [api] = of(resources, "AWS::ApiGateway::RestApi").values()
    for methods in api["Body"]["paths"].values():
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
            assert integration["uri"]["Fn::Sub"].endswith("/functions/${ApiFunctionAliaslive}/invocations")


def test_one_permission_covers_every_route_and_fits_into_the_functions_policy(resources: dict[str, Resource]) -> None:
    [permission] = of(resources, "AWS::Lambda::Permission").values()
    assert permission["FunctionName"] == {"Fn::Sub": "${ApiFunctionAliaslive}"}
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert permission["SourceArn"]["Fn::Sub"].endswith(":${Api}/v1/*")
    policy = json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": [as_longest_statement(permission)]})
    assert len(policy) < MAXIMUM_FUNCTION_POLICY / 10


def as_longest_statement(permission: Resource) -> Resource:
    """Return Lambda's statement for a permission, with the longest names of partition, region and stage."""
    names = {
        "AWS::Partition": "aws-us-gov",
        "AWS::Region": "ap-southeast-1",
        "AWS::AccountId": "1" * 12,
        "Api": "a" * 10,
    }
    source = re.sub(r"\$\{([^}]+)\}", lambda found: names[found[1]], permission["SourceArn"]["Fn::Sub"])
    function = f"arn:aws-us-gov:lambda:ap-southeast-1:{'1' * 12}:function:agenticai-api-{'s' * 20}:live"
    return {
        "Sid": "s" * 100,
        "Effect": "Allow",
        "Principal": {"Service": permission["Principal"]},
        "Action": permission["Action"],
        "Resource": function,
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def test_the_bucket_is_private_versioned_and_encrypted(resources: dict[str, Resource]) -> None:
    [bucket] = of(resources, "AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


@pytest.mark.parametrize(
    ("suffix", "names"), [("QueueUrl", AGENTS), ("DeadLetterQueueUrl", AGENTS), ("FunctionName", FUNCTIONS)]
)
def test_the_template_has_an_output_for_each_agent_and_for_no_other(
    source: Template, suffix: str, names: tuple[str, ...]
) -> None:
    outputs = {name.removesuffix(suffix) for name in source.document["Outputs"] if name.endswith(suffix)}
    assert {name for name in outputs if not name.endswith("DeadLetter")} == {make_title(name) for name in names}


def test_the_handlers_have_a_queue_for_each_agent() -> None:
    assert tuple(AgentQueue) == AGENTS


def test_each_agent_is_a_folder_whose_code_the_template_deploys(source: Template) -> None:
    resources = source.document["Resources"].values()
    deployed = {one["Properties"]["CodeUri"] for one in resources if one["Type"] == "AWS::Serverless::Function"}
    assert {f"../handlers/{agent}_agent" for agent in AGENTS} <= deployed
