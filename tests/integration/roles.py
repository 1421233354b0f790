"""Roles with statements, functions that have them, and a bucket and a table that they call."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3

from agenticai.emulator.core.permission_records import FunctionPermissions
from tests.integration.cloud import Cloud

ACCOUNT = "000000000000"
BUCKET = "arn:aws:s3:::held"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/held"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
LOGS = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
DOES = """
import boto3, botocore.exceptions
def handler(event, context):
    said = []
    for service, operation, parameters in event:
        try:
            getattr(boto3.client(service), operation)(**parameters)
            said.append("done")
        except botocore.exceptions.ClientError as error:
            said.append(error.response["Error"]["Code"] + ": " + error.response["Error"].get("Message", ""))
    return said
"""
Call = tuple[str, str, dict[str, Any]]

GET: Call = ("s3", "get_object", {"Bucket": "held", "Key": "a/1"})
PUT: Call = ("s3", "put_object", {"Bucket": "held", "Key": "a/1", "Body": "x"})
ITEM: Call = ("dynamodb", "get_item", {"TableName": "held", "Key": {"PK": {"S": "1"}}})
WRITTEN = {"Put": {"TableName": "held", "Item": {"PK": {"S": "1"}}}}


def allow(action: str | Sequence[str], resource: str | Sequence[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Roles:
    """Creates roles with statements, and functions that have them."""

    def __init__(self, cloud: Cloud, iam: Any) -> None:
        self.cloud = cloud
        self.iam = iam

    def role(self, *statements: dict[str, Any], **more: Any) -> str:
        name = f"role-{uuid.uuid4().hex[:8]}"
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)
        document = {"Version": "2012-10-17", "Statement": statements}
        self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        return name

    def function(self, *statements: dict[str, Any], **more: Any) -> str:
        return self.cloud.deploy(DOES, role=self.role(*statements, **more))

    def done(self, function: str, *calls: Call) -> list[str]:
        said: list[str] = self.cloud.invoke(function, calls).payload
        return said

    def report(self, function: str) -> FunctionPermissions:
        """Return the report on a function, or on an AWS service."""
        return next(one for one in self.cloud.control.permissions().functions if one.function == function)


@contextmanager
def roles_of(cloud: Cloud) -> Iterator[Roles]:
    """Create the bucket and the table `held` on an engine."""
    session = boto3.Session(ACCOUNT, "any", region_name="us-east-1")
    s3 = session.client("s3", endpoint_url=cloud.endpoint_url)
    dynamodb = session.client("dynamodb", endpoint_url=cloud.endpoint_url)
    iam: Any = session.client("iam", endpoint_url=cloud.endpoint_url)
    s3.create_bucket(Bucket="held")
    s3.put_object(Bucket="held", Key="a/1", Body=b"there")
    dynamodb.create_table(
        TableName="held",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
    )
    yield Roles(cloud, iam)
    for client in (s3, dynamodb, iam):
        client.close()
