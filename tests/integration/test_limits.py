"""Requests that are too large for the engine are refused as by AWS, and do not increase its memory."""

import gzip
import json
import socket
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx2
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from agenticai.emulator.process import Engine
from agenticai.memory import measure_memory
from tests.emulator.test_code_cache import saying
from tests.integration.cloud import Cloud, bundle, eventually
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MB = 1024 * 1024
GROWTH_MB = 40  # what remains of freed allocations
SIGNED = "AWS4-HMAC-SHA256 Credential=000000000000/20261123/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture
def s3(engine: Engine) -> Iterator["S3Client"]:
    session = new_session()
    client = session.client("s3", endpoint_url=engine.endpoint_url, config=Config(retries={"max_attempts": 1}))
    yield client
    client.close()


@pytest.fixture
def bucket(s3: "S3Client") -> str:
    name = f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def memory_stays(engine: Engine) -> Iterator[Callable[[], None]]:
    """Fail if the engine has considerably more memory than when the test began."""
    before = measure_memory(engine.pid).engine_mb

    def check() -> None:
        eventually(lambda: measure_memory(engine.pid).engine_mb < before + GROWTH_MB)

    yield check
    check()


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_an_object_of_5_gb_is_refused_before_it_is_sent(
    engine: Engine, bucket: str, expect: bytes, memory_stays: Callable[[], None]
) -> None:
    with socket.create_connection(("127.0.0.1", engine.port), timeout=60) as connection:
        line = b"PUT /%s/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n%s\r\n"
        connection.sendall(line % (bucket.encode(), 5 * 1024 * MB, expect))
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 400 ")
        while b"</Error>" not in answer and (more := connection.recv(65536)):
            answer += more
        assert b"<Code>EntityTooLarge</Code>" in answer


def test_a_large_object_leaves_nothing_in_memory(s3: "S3Client", bucket: str, memory_stays: Callable[[], None]) -> None:
    body = bytes(range(256)) * (64 * MB // 256)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    memory_stays()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key="k")


def test_a_request_that_inflates_too_far_is_refused(engine: Engine, memory_stays: Callable[[], None]) -> None:
    answer = httpx2.post(
        engine.endpoint_url,
        content=gzip.compress(bytes(64 * MB)),
        headers={
            "Authorization": SIGNED % "dynamodb",
            "X-Amz-Target": "DynamoDB_20120810.ListTables",
            "Content-Type": "application/x-amz-json-1.0",
            "Content-Encoding": "gzip",
        },
        timeout=60,
    )
    assert (answer.status_code, answer.json()["__type"].rpartition("#")[2]) == (413, "RequestEntityTooLarge")


def test_one_that_does_not_is_answered(engine: Engine) -> None:
    headers = {
        "Authorization": SIGNED % "dynamodb",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Content-Encoding": "gzip",
    }
    answer = httpx2.post(engine.endpoint_url, content=gzip.compress(b"{}"), headers=headers, timeout=60)
    assert "TableNames" in answer.json()


class TestFunctions:
    def test_a_payload_over_6_mb_is_refused(self, cloud: Cloud) -> None:
        name = cloud.deploy("def handler(event, context): return len(event)")
        with pytest.raises(ClientError, match="smaller than 6291456 bytes for the InvokeFunction operation"):
            cloud.invoke(name, "x" * 7 * MB)
        assert cloud.invoke(name, "x" * 6_000_000).payload == 6_000_000

    def test_a_response_over_6_mb_is_an_error(self, cloud: Cloud, memory_stays: Callable[[], None]) -> None:
        name = cloud.deploy("def handler(event, context): return 'x' * 50_000_000")
        answer = cloud.invoke(name)
        message = "Response payload size (50000002 bytes) exceeded maximum allowed payload size (6291556 bytes)."
        assert answer.error == "Unhandled"
        assert answer.payload == {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}

    def test_a_flood_of_logs_is_cut(self, cloud: Cloud, memory_stays: Callable[[], None]) -> None:
        name = cloud.deploy(
            "def handler(event, context):\n    for _ in range(100): print('x\\n' * 320_000)", timeout=60
        )
        assert cloud.invoke(name).error is None
        memory_stays()
        group = f"/aws/lambda/{name}"
        eventually(lambda: cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])
        (stored,) = cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert stored["storedBytes"] < 1.1 * MB
        assert cloud.logs.filter_log_events(logGroupName=group, filterPattern='"rest was dropped"')["events"]

    def test_a_bundle_that_unpacks_to_too_much_is_refused(self, cloud: Cloud) -> None:
        with pytest.raises(ClientError, match="Unzipped size must be smaller than 262144000 bytes"):
            cloud.lambda_.create_function(
                FunctionName=f"f-{uuid.uuid4().hex[:8]}",
                Runtime="python3.13",
                Role="arn:aws:iam::000000000000:role/any",
                Handler="app.handler",
                Code={"ZipFile": saying(300_000_000)},
            )
        with pytest.raises(ClientError, match="more than 100000 entries"):
            cloud.lambda_.publish_layer_version(
                LayerName="l", Content={"ZipFile": bundle(**{"a.py": "# " + "PK\x01\x02" * 100_001})}
            )

    def test_so_is_one_of_a_stack(self, cloud: Cloud, s3: "S3Client", bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="code.zip", Body=saying(300_000_000))
        properties = {
            "Runtime": "python3.13",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Handler": "app.handler",
            "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
        }
        template = {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
        name = f"s-{uuid.uuid4().hex[:8]}"
        session = new_session()
        client = session.client("cloudformation", endpoint_url=cloud.endpoint_url)
        client.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])

        def reasons() -> list[str]:
            events = client.describe_stack_events(StackName=name)["StackEvents"]
            return [event.get("ResourceStatusReason", "") for event in events]

        eventually(lambda: any("must be smaller than 262144000 bytes" in reason for reason in reasons()))
        client.close()
