"""Deployments on the embedded engine: the real template, a repetition, a change, a refusal and a failure."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agenticai.emulator.process import Engine
from agenticai.stack.artifacts import name_bucket
from agenticai.stack.changes import ChangeSet
from agenticai.stack.destroying import destroy_stage, plan_deletion
from agenticai.stack.errors import DeclinedError, DeployError, NotDeployedError
from agenticai.stack.events import StackEvent
from agenticai.stack.outputs import StackOutputs
from agenticai.stack.packaging import Bundles, Packaging, build
from agenticai.stack.secrets import Secrets, read_api_token
from agenticai.stack.stage import TAG, deploy_stage, read_stage_outputs
from agenticai.stack.target import Target
from agenticai.stack.template import Template
from tests.routes import Route, list_routes

STAGE = "deployed"
SECRETS = Secrets(gemini_api_key="no-key-is-needed-here")
ORIGIN = "https://app.example.com"
UNKNOWN_ROUTE = 403  # API Gateway's "Missing Authentication Token"; no handler of ours answers this

# A template that deploys quickly, a resource for it that cannot be created, and the outputs of every stack.
SMALL = """
Parameters: {Stage: {Type: String}}
Resources:
  Inbox: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "inbox-${Stage}", DelaySeconds: 1}}
"""
BROKEN = """
  Door:
    Type: AWS::Lambda::Url
    DependsOn: Inbox
    Properties: {TargetFunctionArn: no-such-function, AuthType: AWS_IAM}
"""
FILES = """
  Files:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub "files-${Stage}", VersioningConfiguration: {Status: Enabled}}
"""
OUTPUTS = "Outputs:\n" + "\n".join(f"  {name}: {{Value: any}}" for name in Template.load().document["Outputs"])


@dataclasses.dataclass
class Deployer:
    """Deployments to one target, with the events and questions of the last one."""

    target: Target
    events: list[StackEvent] = dataclasses.field(default_factory=list)
    asked: list[ChangeSet] = dataclasses.field(default_factory=list)
    answer: bool = True

    def deploy(self, template: Template, bundles: Bundles, stage: str = STAGE, **parameters: str) -> StackOutputs:
        self.events, self.asked = [], []

        def confirm(change_set: ChangeSet) -> bool:
            self.asked.append(change_set)
            return self.answer

        return deploy_stage(
            self.target,
            stage,
            template=template,
            bundles=bundles,
            secrets=SECRETS,
            parameters=parameters,
            on_event=self.events.append,
            confirm=confirm,
        )


@pytest.fixture(scope="module")
def target(engine: Engine) -> Iterator[Target]:
    made = Target.embedded(engine.endpoint_url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def template() -> Template:
    return Template.load()


@pytest.fixture(scope="module")
def bundles(target: Target, template: Template) -> Bundles:
    return build(template, Packaging.of_handlers(target.functions_on))


@pytest.fixture
def deployer(target: Target) -> Deployer:
    return Deployer(target)


@pytest.fixture(scope="module")
def deployed(target: Target, template: Template, bundles: Bundles) -> tuple[StackOutputs, Deployer]:
    first = Deployer(target)
    return first.deploy(template, bundles, AllowedOrigin=ORIGIN), first


def test_events_come_once_and_in_order(deployed: tuple[StackOutputs, Deployer]) -> None:
    _, first = deployed
    assert len({event.id for event in first.events}) == len(first.events)
    assert [event.time for event in first.events] == sorted(event.time for event in first.events)
    own = [event.status for event in first.events if event.is_stack]
    assert own[-2:] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert first.events[-1].is_stack


def test_the_preview_names_every_resource_that_is_added(deployed: tuple[StackOutputs, Deployer]) -> None:
    _, first = deployed
    [change_set] = first.asked
    assert change_set.creates
    assert {change.action for change in change_set.changes} == {"Add"}
    created = {event.logical_id for event in first.events if not event.is_stack}
    assert {change.logical_id for change in change_set.changes} == created


def test_the_stack_is_what_the_template_says(target: Target, deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    sqs = target.client("sqs")
    queue = sqs.get_queue_attributes(QueueUrl=found.queue_urls["dev"], AttributeNames=["All"])["Attributes"]
    assert queue["VisibilityTimeout"] == "5400"
    assert f"agenticai-dev-dlq-{STAGE}" in queue["RedrivePolicy"]
    table = target.client("dynamodb").describe_table(TableName=found.table_name)["Table"]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "GSI1"
    assert target.client("s3").get_bucket_versioning(Bucket=found.bucket_name)["Status"] == "Enabled"
    parameter = target.client("ssm").get_parameter(Name=found.api_token_parameter)["Parameter"]
    assert parameter["Type"] == "SecureString"


def test_the_log_of_a_function_is_kept_for_two_weeks(target: Target, deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    groups = target.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    kept = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    assert {kept[f"/aws/lambda/{name}"] for name in found.function_names.values()} == {14}


def test_everything_is_tagged_with_its_stage(target: Target, deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    (stack,) = target.client("cloudformation").describe_stacks(StackName=f"agenticai-{STAGE}")["Stacks"]
    assert {"Key": TAG, "Value": STAGE} in stack["Tags"]
    assert target.client("sqs").list_queue_tags(QueueUrl=found.queue_urls["pm"])["Tags"][TAG] == STAGE


def test_the_bucket_of_uploads_is_private(target: Target, deployed: tuple[StackOutputs, Deployer]) -> None:
    s3, bucket = target.client("s3"), name_bucket("000000000000", target.region)
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_every_route_reaches_the_handler(template: Template, deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    for method, route in list_routes(template):
        path = route.replace("{project_id}", "0" * 26).replace("{path+}", "src/a%20b%2Fc.py")
        answer = httpx2.request(method.upper(), found.api_url + path, timeout=60)
        assert answer.status_code != UNKNOWN_ROUTE, (method, path, answer.text)
    assert httpx2.get(f"{found.api_url}/nowhere", timeout=60).status_code == UNKNOWN_ROUTE


def test_the_deployed_api_has_the_routes_of_the_template_and_no_other(
    target: Target, template: Template, deployed: tuple[StackOutputs, Deployer]
) -> None:
    found, _ = deployed
    pages = target.client("apigateway").get_paginator("get_resources").paginate(restApiId=found.api_id)
    resources = [resource for page in pages for resource in page["items"]]
    served = {Route(method.lower(), one["path"]) for one in resources for method in one.get("resourceMethods", {})}
    assert served == list_routes(template)


def test_the_function_lets_the_api_in_by_one_statement(target: Target, deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    name = found.function_names["api"]
    policy = json.loads(target.client("lambda").get_policy(FunctionName=name, Qualifier="live")["Policy"])
    [statement] = policy["Statement"]
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"].endswith(f":{found.api_id}/v1/*")


def test_a_browser_of_the_allowed_origin_may_ask(deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = httpx2.request("OPTIONS", f"{found.api_url}/api/projects", headers=headers, timeout=60)
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_the_token_opens_the_api(target: Target, deployed: tuple[StackOutputs, Deployer]) -> None:
    found, _ = deployed
    headers = {"Authorization": f"Bearer {read_api_token(target.client('ssm'), STAGE)}"}
    answer = httpx2.get(f"{found.api_url}/api/projects", headers=headers, timeout=60)
    assert answer.status_code == 200


def test_a_second_deployment_changes_nothing(
    deployer: Deployer, template: Template, bundles: Bundles, deployed: tuple[StackOutputs, Deployer]
) -> None:
    found, _ = deployed
    token = read_api_token(deployer.target.client("ssm"), STAGE)
    again = deployer.deploy(template, bundles)  # an omitted parameter keeps its value
    assert again == found == read_stage_outputs(deployer.target, STAGE)
    assert deployer.events == []
    assert deployer.asked == []
    assert read_api_token(deployer.target.client("ssm"), STAGE) == token


def test_a_changed_parameter_is_a_new_version_behind_the_alias(
    deployer: Deployer, template: Template, bundles: Bundles, deployed: tuple[StackOutputs, Deployer]
) -> None:
    found, _ = deployed
    pm, api = found.function_names["pm"], found.function_names["api"]
    functions = deployer.target.client("lambda")

    def live(name: str) -> str:
        return functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]

    def variables(name: str, version: str) -> dict[str, str]:
        asked = functions.get_function_configuration(FunctionName=name, Qualifier=version)
        return asked["Environment"]["Variables"]

    before = live(pm)
    deployer.deploy(template, bundles, LogLevel="DEBUG")
    [change_set] = deployer.asked
    assert not change_set.creates
    assert "PmFunction" in {change.logical_id for change in change_set.changes if change.action == "Modify"}
    assert live(pm) != before
    assert variables(pm, live(pm))["POWERTOOLS_LOG_LEVEL"] == "DEBUG"
    assert variables(pm, before)["POWERTOOLS_LOG_LEVEL"] != "DEBUG", "it may be at work, and is rolled back to"
    assert variables(api, live(api))["ALLOWED_ORIGIN"] == ORIGIN


def test_a_failed_creation_names_the_resource_and_the_next_one_starts_anew(deployer: Deployer, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=r"Door \(AWS::Lambda::Url\) failed, because: .+") as failure:
        deployer.deploy(written(tmp_path, SMALL, BROKEN), {}, "failing")
    assert failure.value.logical_id == "Door"
    assert deployer.events[-1].status == "ROLLBACK_COMPLETE"
    deployer.deploy(written(tmp_path, SMALL), {}, "failing")
    assert deployer.events[-1].status == "CREATE_COMPLETE"


def test_a_failed_update_leaves_the_stack_of_before(deployer: Deployer, tmp_path: Path) -> None:
    deployer.deploy(written(tmp_path, SMALL), {}, "updating")
    with pytest.raises(DeployError, match="the stack of before still serves"):
        deployer.deploy(written(tmp_path, SMALL.replace("DelaySeconds: 1", "DelaySeconds: 2"), BROKEN), {}, "updating")
    sqs = deployer.target.client("sqs")
    inbox = sqs.get_queue_url(QueueName="inbox-updating")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["DelaySeconds"])["Attributes"]
    assert attributes == {"DelaySeconds": "1"}


def test_a_destroyed_stage_leaves_nothing(deployer: Deployer, tmp_path: Path) -> None:
    target = deployer.target
    deployer.deploy(written(tmp_path, SMALL, FILES), {}, "doomed")
    s3 = target.client("s3")
    for content in (b"one", b"other"):
        s3.put_object(Bucket="files-doomed", Key="a", Body=content)
    s3.delete_object(Bucket="files-doomed", Key="a")  # this leaves a delete marker
    doomed = plan_deletion(target, "doomed")
    assert {one.logical_id for one in doomed.resources} == {"Inbox", "Files"}
    destroy_stage(target, doomed)
    with pytest.raises(NotDeployedError, match="nothing is left of it"):
        plan_deletion(target, "doomed")
    with pytest.raises(NotDeployedError, match="no API token"):
        read_api_token(target.client("ssm"), "doomed")
    assert "files-doomed" not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def written(folder: Path, *parts: str) -> Template:
    path = folder / "template.yaml"
    path.write_text("".join((*parts, OUTPUTS)), encoding="utf-8")
    return Template.load(path)


def test_who_says_no_gets_no_stack(deployer: Deployer, template: Template, bundles: Bundles) -> None:
    deployer.answer = False
    with pytest.raises(DeclinedError):
        deployer.deploy(template, bundles, "declined")
    assert len(deployer.asked) == 1
    assert deployer.events == []
    with pytest.raises(NotDeployedError, match="the stage declined has not been deployed there"):
        read_stage_outputs(deployer.target, "declined")
    with pytest.raises(NotDeployedError, match="no API token"):
        read_api_token(deployer.target.client("ssm"), "declined")
