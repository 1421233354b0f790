"""A function may do exactly what its role's policies allow, as on AWS."""

import json
import shutil
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from agenticai.emulator.engines.engine_choice import EngineChoice
from agenticai.emulator.process import start_engine
from tests.integration.cloud import CASSETTES, Cloud, bundle, eventually
from tests.integration.roles import (
    ACCOUNT,
    BUCKET,
    DOES,
    GET,
    ITEM,
    LOGS,
    PUT,
    TABLE,
    WRITTEN,
    Call,
    Roles,
    allow,
    roles_of,
)
from tests.needs import needs

SENDS = """
export const handler = async (event) => Promise.all(event.map(async ([operation, parameters]) => {
    const { AWS_ACCESS_KEY_ID: key, AWS_SESSION_TOKEN: token, AWS_ENDPOINT_URL: url } = process.env;
    const scope = `${key}/20260101/us-east-1/dynamodb/aws4_request`;
    const answer = await fetch(url, {
        method: "POST",
        headers: {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": `DynamoDB_20120810.${operation}`,
            "X-Amz-Security-Token": token,
            "Authorization": `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=any`,
        },
        body: JSON.stringify(parameters),
    });
    const { message, Message } = await answer.json();
    return message ?? Message ?? "";
}));
"""


@pytest.fixture(scope="module")
def roles(cloud: Cloud) -> Iterator[Roles]:
    with roles_of(cloud) as made:
        yield made


@pytest.mark.parametrize(
    ("statements", "call", "said"),
    [
        ([allow("s3:GetObject", f"{BUCKET}/a/*")], GET, "done"),
        ([allow("s3:Get*", "*")], GET, "done"),
        ([allow("S3:getobject", f"{BUCKET}/?/1")], GET, "done"),
        ([allow("s3:GetObject", f"{BUCKET}/b/*")], GET, "AccessDenied"),
        ([allow("s3:GetObject", BUCKET)], GET, "AccessDenied"),
        ([allow("s3:*", "*"), {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}], GET, "AccessDenied"),
        ([allow("s3:GetObject", f"{BUCKET}/*")], PUT, "AccessDenied"),
        ([allow("dynamodb:GetItem", TABLE)], ITEM, "done"),
        ([allow("dynamodb:Query", TABLE)], ITEM, "AccessDeniedException"),
        (
            [allow("dynamodb:GetItem", TABLE, Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})],
            ITEM,
            "done",
        ),
        (
            [allow("dynamodb:GetItem", TABLE, Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})],
            ITEM,
            "AccessDeniedException",
        ),
        ([allow("dynamodb:GetItem", TABLE, Condition={"Bool": {"aws:SecureTransport": "true"}})], ITEM, "done"),
    ],
)
def test_a_call_is_held_to_the_roles_statements(
    roles: Roles, statements: list[dict[str, Any]], call: Call, said: str
) -> None:
    (answer,) = roles.done(roles.function(*statements), call)
    assert answer.partition(":")[0] == said


def test_what_names_no_resource_is_held_to_what_aws_says(roles: Roles) -> None:
    call: Call = ("ssm", "describe_parameters", {})
    assert roles.done(roles.function(allow("ssm:DescribeParameters", f"arn:aws:ssm:us-east-1:{ACCOUNT}:*")), call) == [
        "done"
    ]
    (answer,) = roles.done(roles.function(allow("ssm:*", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/*")), call)
    assert f"ssm:DescribeParameters on resource: arn:aws:ssm:us-east-1:{ACCOUNT}:* because" in answer


def test_a_transaction_needs_the_actions_in_it(roles: Roles) -> None:
    call: Call = ("dynamodb", "transact_write_items", {"TransactItems": [WRITTEN]})
    assert roles.done(roles.function(allow("dynamodb:PutItem", TABLE)), call) == ["done"]
    (answer,) = roles.done(roles.function(allow("dynamodb:TransactWriteItems", TABLE)), call)
    assert "not authorized to perform: dynamodb:PutItem" in answer


def test_a_denial_names_who_what_and_on_which_resource(roles: Roles) -> None:
    function = roles.function(LOGS)
    (answer,) = roles.done(function, ITEM)
    role = roles.report(function).role
    assert answer == (
        f"AccessDeniedException: User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{function} is not authorized"
        f" to perform: dynamodb:GetItem on resource: {TABLE} because no identity-based policy allows the"
        " dynamodb:GetItem action"
    )


def test_who_may_not_list_a_bucket_is_not_told_that_an_object_is_missing(roles: Roles) -> None:
    missing: Call = ("s3", "get_object", {"Bucket": "held", "Key": "a/2"})
    reading = allow("s3:GetObject", f"{BUCKET}/*")
    assert roles.done(roles.function(reading), missing)[0].startswith("AccessDenied")
    assert roles.done(roles.function(reading, allow("s3:ListBucket", BUCKET)), missing)[0].startswith("NoSuchKey")


def test_the_policy_of_a_bucket_denies_too(roles: Roles) -> None:
    function = roles.function(allow("s3:*", "*"))
    session = boto3.Session(ACCOUNT, "any", region_name="us-east-1")
    s3 = session.client("s3", endpoint_url=roles.cloud.endpoint_url)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": f"{BUCKET}/*"}
    s3.put_bucket_policy(Bucket="held", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    delete: Call = ("s3", "delete_object", {"Bucket": "held", "Key": "none"})
    assert [said.partition(":")[0] for said in roles.done(function, GET, delete)] == ["done", "AccessDenied"]
    s3.delete_bucket_policy(Bucket="held")
    s3.close()


def test_clients_and_functions_of_an_unknown_role_may_do_everything(roles: Roles) -> None:
    assert roles.done(roles.cloud.deploy(DOES, role="nowhere"), GET, ITEM) == ["done", "done"]


def test_a_mapping_needs_the_role_to_receive(roles: Roles) -> None:
    polling = ["sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    with pytest.raises(
        roles.cloud.lambda_.exceptions.InvalidParameterValueException,
        match="The provided execution role does not have permissions to call ReceiveMessage on SQS",
    ):
        roles.cloud.connect(roles.function(allow(polling, "*")))
    assert roles.cloud.connect(roles.function(allow([*polling, "sqs:ReceiveMessage"], "*")))


def test_a_log_is_written_only_where_the_role_allows_it(roles: Roles) -> None:
    silent, talking = roles.function(allow("s3:GetObject", "*")), roles.function(LOGS)
    for function in (silent, talking):
        roles.done(function)
    eventually(lambda: roles.cloud.logged(talking))
    assert roles.cloud.logged(silent) == []
    assert {denial.action for denial in roles.report(silent).denials} == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_the_report_tells_what_was_used_what_was_not_and_what_was_denied(roles: Roles) -> None:
    function = roles.function(LOGS, allow(["s3:Get*", "s3:PutObject"], f"{BUCKET}/*"))
    roles.done(function, GET, GET, ITEM)
    report = roles.report(function)
    used = {(grant.action, grant.resource): grant.used for grant in report.grants if grant.action.startswith("s3:")}
    assert used == {("s3:Get*", f"{BUCKET}/*"): {"s3:GetObject": 2}, ("s3:PutObject", f"{BUCKET}/*"): {}}
    assert [(denial.action, denial.resource, denial.times, denial.explicitly) for denial in report.denials] == [
        ("dynamodb:GetItem", TABLE, 1, False)
    ]


def test_a_statement_of_what_it_leaves_out_is_told_as_a_wildcard(roles: Roles) -> None:
    function = roles.function({"Effect": "Allow", "NotAction": "s3:Put*", "NotResource": TABLE})
    assert [said.partition(":")[0] for said in roles.done(function, GET, PUT, ITEM)] == [
        *("done", "AccessDenied"),
        "AccessDeniedException",
    ]
    (grant,) = roles.report(function).grants
    assert (grant.action, grant.resource) == ("*", "*")
    assert grant.used["s3:GetObject"] == 1
    assert not {"s3:PutObject", "dynamodb:GetItem"} & set(grant.used)


@needs(shutil.which("node") is not None, "there is no Node.js: apt-get install nodejs")
def test_a_function_in_javascript_is_held_to_its_role(roles: Roles) -> None:
    function = f"f-{uuid.uuid4().hex[:8]}"
    role = roles.role(LOGS, allow("dynamodb:GetItem", TABLE))
    roles.cloud.lambda_.create_function(
        FunctionName=function,
        Runtime="nodejs22.x",
        Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        Handler="index.handler",
        Code={"ZipFile": bundle(**{"index.mjs": SENDS})},
    )
    asked = [["GetItem", ITEM[2]], ["PutItem", WRITTEN["Put"]]]
    allowed, denied = roles.cloud.invoke(function, asked).payload
    assert allowed == ""
    assert denied.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{function} is not authorized")
    report = roles.report(function)
    assert {grant.action: grant.used for grant in report.grants}["dynamodb:GetItem"] == {"dynamodb:GetItem": 1}
    assert [(denial.action, denial.resource) for denial in report.denials] == [("dynamodb:PutItem", TABLE)]


def test_without_iam_a_denial_is_noted_and_let_pass(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("free")
    with (
        start_engine(cassettes=CASSETTES, run_dir=folder, engine=EngineChoice(iam=False)) as engine,
        Cloud(engine.endpoint_url) as cloud,
    ):
        session = boto3.Session(ACCOUNT, "any", region_name="us-east-1")
        free = Roles(cloud, session.client("iam", endpoint_url=cloud.endpoint_url))
        function = free.function(LOGS)
        assert free.done(function, ("sqs", "list_queues", {})) == ["done"]
        assert not cloud.control.permissions().enforced
        assert [denial.action for denial in free.report(function).denials] == ["sqs:ListQueues"]
        free.iam.close()
