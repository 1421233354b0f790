"""Data stored in S3, DynamoDB and CloudWatch Logs is available, whether in memory or in the engine's file."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from agenticai.emulator.process import Engine
from tests.integration.cloud import Cloud
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

MANY = 600  # more than a shelf keeps in memory


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return new_session()


@pytest.fixture(scope="module")
def s3(engine: Engine, session: boto3.Session) -> Iterator["S3Client"]:
    client = session.client("s3", endpoint_url=engine.endpoint_url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def dynamodb(engine: Engine, session: boto3.Session) -> Iterator["DynamoDBClient"]:
    client = session.client("dynamodb", endpoint_url=engine.endpoint_url)
    yield client
    client.close()


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    name = f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    return name


def read(s3: "S3Client", bucket: str, key: str, **asked: Any) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key, **asked)["Body"].read()


class TestObjects:
    def test_many_are_kept_with_what_is_known_of_each(self, s3: "S3Client", bucket: str) -> None:
        for number in range(MANY):
            s3.put_object(Bucket=bucket, Key=f"k/{number:03}", Body=b"%d" % number, Metadata={"n": str(number)})
        first = s3.get_object(Bucket=bucket, Key="k/000")
        assert (first["Body"].read(), first["Metadata"]) == (b"0", {"n": "0"})
        listed = [entry["Key"] for page in pages(s3, bucket) for entry in page["Contents"]]
        assert listed == [f"k/{number:03}" for number in range(MANY)]
        s3.put_object(Bucket=bucket, Key="k/000", Body=b"new")
        s3.delete_object(Bucket=bucket, Key="k/001")
        assert read(s3, bucket, "k/000") == b"new"
        with pytest.raises(ClientError, match="NoSuchKey"):
            read(s3, bucket, "k/001")

    def test_every_version_keeps_its_body(self, s3: "S3Client", bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"before")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        first, second = (s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"one", b"two"))
        marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
        bodies = [read(s3, bucket, "k", VersionId=version) for version in ("null", first, second)]
        assert bodies == [b"before", b"one", b"two"]
        s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
        assert read(s3, bucket, "k") == b"two"
        s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
        assert (read(s3, bucket, "k"), read(s3, bucket, "k", VersionId="null")) == (b"one", b"before")
        for version in (first, "null"):
            s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
        assert "Versions" not in s3.list_object_versions(Bucket=bucket)
        s3.delete_bucket(Bucket=bucket)

    def test_a_suspended_bucket_has_one_version_without_an_id(self, s3: "S3Client", bucket: str) -> None:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        first = s3.put_object(Bucket=bucket, Key="k", Body=b"one")["VersionId"]
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        s3.put_object(Bucket=bucket, Key="k", Body=b"two")
        s3.put_object(Bucket=bucket, Key="k", Body=b"three")
        assert read(s3, bucket, "k") == b"three"
        assert [read(s3, bucket, "k", VersionId=version) for version in (first, "null")] == [b"one", b"three"]
        s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
        assert read(s3, bucket, "k") == b"one"

    def test_copies_and_uploads_in_parts(self, s3: "S3Client", bucket: str) -> None:
        upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
        bodies = [b"a" * 5 * 1024 * 1024, b"b"]
        parts = [
            {
                "PartNumber": number,
                "ETag": s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=body)[
                    "ETag"
                ],
            }
            for number, body in enumerate(bodies, 1)
        ]
        listed = s3.list_parts(Bucket=bucket, Key="parts", UploadId=upload)["Parts"]
        assert [part["Size"] for part in listed] == [len(body) for body in bodies]
        s3.complete_multipart_upload(
            Bucket=bucket,
            Key="parts",
            UploadId=upload,
            MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
        )
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "parts"})
        s3.delete_object(Bucket=bucket, Key="parts")
        assert read(s3, bucket, "copy") == b"".join(bodies)
        assert read(s3, bucket, "copy", Range="bytes=-2") == b"ab"


def pages(s3: "S3Client", bucket: str) -> Any:
    return s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 100})


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> str:
    name = f"t-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def item(pk: str, sk: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}, **more}


class TestItems:
    def test_queries_scans_and_indexes(self, dynamodb: "DynamoDBClient", table: str) -> None:
        for sk in (10, 9, 100):
            dynamodb.put_item(TableName=table, Item=item("a", sk, g={"S": "x"}))
        dynamodb.put_item(TableName=table, Item=item("b", 1))
        asked = {"TableName": table, "ExpressionAttributeValues": {":v": {"S": "a"}}}
        of_a = dynamodb.query(**asked, KeyConditionExpression="pk = :v")["Items"]  # type: ignore[arg-type]
        assert [found["sk"]["N"] for found in of_a] == ["9", "10", "100"]
        by_g = dynamodb.query(
            TableName=table,
            IndexName="by-g",
            KeyConditionExpression="g = :g",
            ScanIndexForward=False,
            ExpressionAttributeValues={":g": {"S": "x"}},
        )["Items"]
        assert [found["sk"]["N"] for found in by_g] == ["100", "10", "9"]
        assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == 4

    def test_updates_conditions_and_deletions(self, dynamodb: "DynamoDBClient", table: str) -> None:
        key = item("a", 1)
        count = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        for _ in range(3):
            dynamodb.update_item(TableName=table, Key=key, **count)  # type: ignore[arg-type]
        assert dynamodb.get_item(TableName=table, Key=key)["Item"]["n"] == {"N": "3"}
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            dynamodb.put_item(TableName=table, Item=key, ConditionExpression="attribute_not_exists(pk)")
        old = dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
        assert old["n"] == {"N": "3"}
        assert "Item" not in dynamodb.get_item(TableName=table, Key=key)

    def test_a_transaction_is_carried_out_once_for_its_token(self, dynamodb: "DynamoDBClient", table: str) -> None:
        def add(amount: str) -> None:
            update = {
                "TableName": table,
                "Key": item("a", 1),
                "UpdateExpression": "ADD n :n",
                "ExpressionAttributeValues": {":n": {"N": amount}},
            }
            dynamodb.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="once")  # type: ignore[typeddict-item]

        add("1")
        add("1")
        with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
            add("2")
        assert dynamodb.get_item(TableName=table, Key=item("a", 1))["Item"]["n"] == {"N": "1"}

    def test_a_statement_that_fails_undoes_those_before_it(self, dynamodb: "DynamoDBClient", table: str) -> None:
        dynamodb.put_item(TableName=table, Item=item("a", 1, n={"N": "1"}))
        update = f"UPDATE \"{table}\" SET n = 2 WHERE pk = 'a' AND sk = 1"  # noqa: S608 - PartiQL
        insert = f"INSERT INTO \"{table}\" VALUE {{'pk': 'b', 'sk': 1}}"
        dynamodb.put_item(TableName=table, Item=item("b", 1))
        with pytest.raises(ClientError, match="TransactionCanceled"):
            dynamodb.execute_transaction(TransactStatements=[{"Statement": update}, {"Statement": insert}])
        assert dynamodb.get_item(TableName=table, Key=item("a", 1))["Item"]["n"] == {"N": "1"}


def test_the_oldest_events_of_a_log_group_make_room(cloud: Cloud) -> None:
    name = f"g-{uuid.uuid4().hex[:8]}"
    cloud.logs.create_log_group(logGroupName=name)
    for stream in ("old", "new"):
        cloud.logs.create_log_stream(logGroupName=name, logStreamName=stream)
        for _ in range(6):
            put_events(cloud, name, stream, ["x" * 1000] * 200)
    assert [stream["logStreamName"] for stream in cloud.logs.describe_log_streams(logGroupName=name)["logStreams"]] == [
        "new"
    ]
    put_events(cloud, name, "new", ["the last"] + ["y" * 200_000] * 4)
    put_events(cloud, name, "new", ["y" * 200_000] * 4 + ["the very last"])
    group = cloud.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    assert group["storedBytes"] <= 2 * 1024 * 1024
    kept = cloud.logs.filter_log_events(logGroupName=name, filterPattern="last")["events"]
    assert [event["message"] for event in kept][-1] == "the very last"


def put_events(cloud: Cloud, group: str, stream: str, messages: list[str]) -> None:
    now = int(cloud.control.clock().now.timestamp() * 1000)
    cloud.logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )
