"""The policies of buckets, queues, topics and functions: for calling functions, and for delivering services."""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from agenticai.emulator.core.permission_records import Denial
from tests.integration.apis import Apis
from tests.integration.cloud import Cloud, eventually
from tests.integration.roles import ACCOUNT, BUCKET, DOES, GET, LOGS, Call, Roles, allow, roles_of
from tests.integration.stepped import stepped_cloud
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_s3 import S3Client

MINUTE = 60
VERSION = "2012-10-17"
TLS = {"Bool": {"aws:SecureTransport": "false"}}
LINKS = """
import boto3, urllib.error, urllib.request
def handler(event, context):
    link = boto3.client("s3").generate_presigned_url("get_object", Params={"Bucket": "held", "Key": event})
    try:
        with urllib.request.urlopen(link) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def roles(cloud: Cloud) -> Iterator[Roles]:
    with roles_of(cloud) as made:
        yield made


@pytest.fixture
def s3(cloud: Cloud) -> Iterator["S3Client"]:
    client = new_session().client("s3", endpoint_url=cloud.endpoint_url)
    yield client
    client.delete_bucket_policy(Bucket="held")
    client.close()


@pytest.fixture
def sns(cloud: Cloud) -> Iterator[Any]:
    client = new_session().client("sns", endpoint_url=cloud.endpoint_url)
    yield client
    client.close()


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": VERSION, "Statement": statements})


def to(principal: object, action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Principal": principal}


def no(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {**to("*", action, resource, **more), "Effect": "Deny"}


def make_queue(cloud: Cloud, *statements: dict[str, Any]) -> tuple[str, str]:
    """Create a queue whose policy has these statements about itself; return its URL and ARN."""
    name = f"q-{uuid.uuid4().hex[:8]}"
    url, arn = cloud.sqs.create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    if statements:
        said = policy(*[{**one, "Resource": arn} for one in statements])
        cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": said})
    return url, arn


def denials(roles: Roles, who: str) -> list[Denial]:
    return [one for each in roles.cloud.control.permissions().functions if each.function == who for one in each.denials]


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([no("s3:*", f"{BUCKET}/*", Condition=TLS)], "done"),  # functions call by TLS
        ([no("s3:GetObject", f"{BUCKET}/*", Sid="Closed")], "AccessDenied"),
        ([no("s3:*", f"{BUCKET}/*", Condition={"StringNotEquals": {"aws:PrincipalTag/team": "red"}})], "done"),
        ([no("s3:*", f"{BUCKET}/*", Condition={"StringNotEquals": {"aws:PrincipalTag/team": "blue"}})], "AccessDenied"),
        (
            [no("s3:*", f"{BUCKET}/*", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/role-*"}})],
            "done",
        ),
        ([{**no("s3:*", f"{BUCKET}/*"), "Principal": None, "NotPrincipal": {"AWS": ACCOUNT}}], "AccessDenied"),
    ],
)
def test_a_deny_of_the_bucket(roles: Roles, s3: "S3Client", statements: list[dict[str, Any]], said: str) -> None:
    function = roles.function(allow("s3:*", "*"), Tags=[{"Key": "team", "Value": "red"}])
    given = [{name: value for name, value in one.items() if value is not None} for one in statements]
    s3.put_bucket_policy(Bucket="held", Policy=policy(*given))
    assert roles.done(function, GET)[0].partition(":")[0] == said


def test_a_denial_names_the_statement_of_the_resources_policy(roles: Roles, s3: "S3Client") -> None:
    function = roles.function(allow("s3:*", "*"))
    s3.put_bucket_policy(Bucket="held", Policy=policy(no("s3:GetObject", f"{BUCKET}/*", Sid="Closed")))
    assert roles.done(function, GET)[0].endswith("with an explicit deny in a resource-based policy")
    denial = denials(roles, function)[-1]
    assert denial.explain("any") == f"statement Closed of the policy of {BUCKET}/a/1 denies it"
    assert denial.explicitly


def test_a_denial_names_the_statement_of_the_roles_policy(roles: Roles) -> None:
    function = roles.function(allow("s3:*", "*"), {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"})
    assert roles.done(function, GET)[0].endswith("with an explicit deny in an identity-based policy")
    assert denials(roles, function)[-1].explain("any") == "statement 2 of the policy own denies it"


def test_a_denial_names_the_boundary(roles: Roles) -> None:
    document = policy(
        allow(["logs:*", "sqs:*"], "*"), {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Sid": "No"}
    )
    made = roles.iam.create_policy(PolicyName=f"bounds-{uuid.uuid4().hex[:8]}", PolicyDocument=document)["Policy"]
    function = roles.function(allow("*", "*"), PermissionsBoundary=made["Arn"])
    lists: Call = ("sqs", "list_queues", {})
    missing, denied = roles.done(function, GET, lists)
    assert missing.endswith("because no permissions boundary allows the s3:GetObject action")
    assert denied.endswith("with an explicit deny in a permissions boundary")
    role = roles.report(function).role
    assert [denial.explain(role).partition(" {")[0] for denial in denials(roles, function)] == [
        f"the permissions boundary of its role {role} lacks",
        f"statement No of the permissions boundary {made['PolicyName']} denies it",
    ]


def test_either_the_role_or_the_resource_may_allow(roles: Roles, s3: "S3Client") -> None:
    function = roles.function(LOGS)
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{roles.report(function).role}"}
    assert roles.done(function, GET)[0].startswith("AccessDenied")
    s3.put_bucket_policy(Bucket="held", Policy=policy(to(principal, "s3:GetObject", f"{BUCKET}/*")))
    assert roles.done(function, GET) == ["done"]
    s3.put_bucket_policy(Bucket="held", Policy=policy(to({"AWS": ACCOUNT}, "s3:GetObject", f"{BUCKET}/*")))
    assert roles.done(function, GET)[0].startswith("AccessDenied")


def test_a_queues_own_policy(roles: Roles) -> None:
    url, arn = make_queue(roles.cloud, {**no("sqs:SendMessage", "", Sid="Full")})
    send: Call = ("sqs", "send_message", {"QueueUrl": url, "MessageBody": "x"})
    function = roles.function(allow("sqs:*", "*"))
    assert "with an explicit deny in a resource-based policy" in roles.done(function, send)[0]
    assert denials(roles, function)[-1].explain("any") == f"statement Full of the policy of {arn} denies it"


def test_a_link_may_do_what_its_signer_may(roles: Roles, s3: "S3Client") -> None:
    function = roles.cloud.deploy(LINKS, role=roles.role(allow("s3:*", "*")))
    assert roles.cloud.invoke(function, "a/1").payload == 200
    s3.put_bucket_policy(Bucket="held", Policy=policy(no("s3:GetObject", f"{BUCKET}/a/*")))
    assert roles.cloud.invoke(function, "a/1").payload == 403


def test_tags_of_the_role_are_variables(roles: Roles) -> None:
    tags = [{"Key": "folder", "Value": "a"}]
    reads = allow("s3:GetObject", f"{BUCKET}/${{aws:PrincipalTag/folder}}/*")
    function = roles.function(reads, Tags=tags)
    assert roles.done(function, GET) == ["done"]
    (grant,) = roles.report(function).grants
    assert grant.used == {"s3:GetObject": 1}
    assert roles.done(roles.function(reads), GET)[0].startswith("AccessDenied")


def test_a_listing_is_held_to_its_prefix(roles: Roles) -> None:
    function = roles.function(allow("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": ["a/*", "b"]}}))
    prefixes: list[dict[str, Any]] = [{"Prefix": "a/1"}, {"Prefix": "b"}, {"Prefix": "bc"}, {}]
    calls: list[Call] = [("s3", "list_objects_v2", {"Bucket": "held", **prefix}) for prefix in prefixes]
    said = [one.partition(":")[0] for one in roles.done(function, *calls)]
    assert said == ["done", "done", "AccessDenied", "AccessDenied"]


def test_a_grant_whose_condition_does_not_hold_is_not_used(roles: Roles) -> None:
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    function = roles.function(allow("s3:GetObject", f"{BUCKET}/*"), allow("s3:Get*", "*", Condition=elsewhere))
    assert roles.done(function, GET) == ["done"]
    assert [bool(grant.used) for grant in roles.report(function).grants] == [True, False]


@pytest.mark.parametrize(
    ("statements", "arrives"),
    [
        ([], False),
        ([to({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", "")], True),
        ([to({"Service": "s3.amazonaws.com"}, "sqs:SendMessage", "")], False),
        ([to({"AWS": ACCOUNT}, "sqs:SendMessage", "")], False),
        ([to("*", "sqs:SendMessage", "", Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:*:news-*"}})], True),
        ([to("*", "sqs:SendMessage", "", Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:*:olds"}})], False),
        ([to("*", "sqs:SendMessage", ""), no("sqs:SendMessage", "", Sid="Shut")], False),
    ],
)
def test_a_topic_delivers_to_a_queue_that_lets_it(
    roles: Roles, sns: Any, statements: list[dict[str, Any]], arrives: bool
) -> None:
    topic = sns.create_topic(Name=f"news-{uuid.uuid4().hex[:8]}")["TopicArn"]
    url, arn = make_queue(roles.cloud, *statements)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="new")
    assert roles.cloud.depth(url) == int(arrives)
    denied = [one.explain("") for one in denials(roles, "sns.amazonaws.com") if one.resource == arn]
    missing = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    lacks = f"the policy of {arn} lacks {json.dumps({**missing, 'Resource': arn})}"
    shut = f"statement Shut of the policy of {arn} denies it"
    assert denied == ([] if arrives else [shut if len(statements) == 2 else lacks])


def test_an_alarm_publishes_to_a_topic_that_lets_it(roles: Roles, sns: Any) -> None:
    cloudwatch: CloudWatchClient = new_session().client("cloudwatch", endpoint_url=roles.cloud.endpoint_url)
    topic = sns.create_topic(Name=f"alarms-{uuid.uuid4().hex[:8]}")["TopicArn"]
    url, arn = make_queue(roles.cloud, to({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", ""))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def told() -> int:
        cloudwatch.put_metric_alarm(
            AlarmName=f"alarm-{uuid.uuid4().hex[:8]}",
            Namespace="None",
            MetricName="None",
            Statistic="Sum",
            Period=MINUTE,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",
            AlarmActions=[topic],
        )
        before = roles.cloud.depth(url)
        roles.cloud.control.advance(2 * MINUTE)
        roles.cloud.control.alarms()
        return roles.cloud.depth(url) - before

    assert told() == 1  # by the policy that SNS gives every topic
    mine = to({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish", topic, Sid="Alarms")
    for statements, heard in (([mine], 1), ([no("sns:Publish", topic, Condition=TLS)], 0)):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(*statements))
        assert told() == heard
    (denied,) = denials(roles, "cloudwatch.amazonaws.com")
    assert denied.explain("").startswith(f"the policy of {topic} lacks")
    used = {grant.resource: grant.used for grant in roles.report("cloudwatch.amazonaws.com").grants}
    assert used == {topic: {"sns:Publish": 2}}
    cloudwatch.close()


def ask(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - of the engine
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_an_api_invokes_a_function_that_lets_it(roles: Roles) -> None:
    with Apis(roles.cloud, role=roles.role(LOGS)) as apis:
        rest, http = apis.deploy_rest(), apis.deploy_http("*")
        rest_url = f"{roles.cloud.endpoint_url}/restapis/{rest}/v1/_user_request_/"
        http_url = f"{roles.cloud.endpoint_url}/_aws/execute-api/{http}/v1/x"
        assert (ask(rest_url), ask(http_url)) == (500, 500)
        lacking = [one.explain("") for one in denials(roles, "apigateway.amazonaws.com")]
        assert all('"Service": "apigateway.amazonaws.com"' in one for one in lacking)
        assert len(lacking) == 2
        for function, source in zip(apis.functions, (f"{rest}/*/GET/", f"{http}/*/$default"), strict=True):
            roles.cloud.lambda_.add_permission(
                FunctionName=function,
                StatementId="api",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{source}",
            )
        assert (ask(rest_url), ask(http_url)) == (200, 200)


def test_an_alias_has_a_policy_of_its_own(roles: Roles, sns: Any) -> None:
    function = roles.cloud.deploy(DOES, role=roles.role(LOGS))
    made = roles.cloud.lambda_.publish_version(FunctionName=function)["Version"]
    live = roles.cloud.lambda_.create_alias(FunctionName=function, Name="live", FunctionVersion=made)["AliasArn"]
    topic = sns.create_topic(Name=f"live-{uuid.uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=live)
    allowed: Any = {"Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    roles.cloud.lambda_.add_permission(FunctionName=function, StatementId="all", **allowed)
    sns.publish(TopicArn=topic, Message="[]")
    assert [one.resource for one in denials(roles, "sns.amazonaws.com") if function in one.resource] == [live]
    roles.cloud.lambda_.add_permission(FunctionName=function, StatementId="live", Qualifier="live", **allowed)
    sns.publish(TopicArn=topic, Message="[]")
    eventually(lambda: len(roles.cloud.finished(function)) == 1)


def test_topics_and_rules_invoke_a_function_that_lets_them(roles: Roles, sns: Any) -> None:
    function = roles.cloud.deploy(DOES, role=roles.role(LOGS))
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    topic = sns.create_topic(Name=f"work-{uuid.uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    events = new_session().client("events", endpoint_url=roles.cloud.endpoint_url)
    events.put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])

    def happen() -> None:
        sns.publish(TopicArn=topic, Message="[]")
        events.put_events(Entries=[{"Source": "shop", "DetailType": "sold", "Detail": "{}"}])

    happen()
    eventually(lambda: denials(roles, "events.amazonaws.com"))
    assert roles.cloud.finished(function) == []
    for service in ("sns", "events"):
        roles.cloud.lambda_.add_permission(
            FunctionName=function,
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
        )
    happen()
    eventually(lambda: len(roles.cloud.finished(function)) == 2)
    events.close()


def test_a_bucket_notifies_a_queue_that_lets_it(roles: Roles, s3: "S3Client") -> None:
    _, shut = make_queue(roles.cloud)
    url, arn = make_queue(roles.cloud, to({"Service": "s3.amazonaws.com"}, "sqs:SendMessage", ""))

    def notify(queue: str) -> None:
        wanted: Any = {"QueueConfigurations": [{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket="held", NotificationConfiguration=wanted)

    with pytest.raises(s3.exceptions.ClientError, match="Unable to validate the following destination"):
        notify(shut)
    notify(arn)
    before = roles.cloud.depth(url)
    s3.put_object(Bucket="held", Key="new")
    assert roles.cloud.depth(url) == before + 1
    s3.put_bucket_notification_configuration(Bucket="held", NotificationConfiguration={})
