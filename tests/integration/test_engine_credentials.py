"""Links that are signed in their address, and how long they are good."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import httpx2
import pytest
from botocore.config import Config

from tests.integration.cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "linked"


def client(cloud: Cloud, key: str, secret: str, signature: str = "s3v4") -> "S3Client":
    config = Config(signature_version=signature, s3={"addressing_style": "path"})
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1")
    return session.client("s3", endpoint_url=cloud.endpoint_url, config=config)


@pytest.fixture(scope="module")
def owner(cloud: Cloud) -> Iterator["S3Client"]:
    s3 = client(cloud, "000000000000", "any")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"content")
    yield s3
    s3.close()


@pytest.mark.parametrize(
    ("key", "secret"),
    [("000000000000", "any"), ("000000000000", "embedded"), ("AKIAEXAMPLE", "x"), ("test", "test")],
)
@pytest.mark.parametrize("signature", ["s3v4", "s3"])
@pytest.mark.usefixtures("owner")
def test_a_link_is_good_with_any_credentials(cloud: Cloud, key: str, secret: str, signature: str) -> None:
    s3 = client(cloud, key, secret, signature)
    named: dict[str, Any] = {"Bucket": BUCKET, "Key": "a"}
    assert httpx2.get(s3.generate_presigned_url("get_object", Params=named)).content == b"content"
    upload = s3.generate_presigned_url("put_object", Params={**named, "Key": f"by-{key}"})
    assert httpx2.put(upload, content=b"sent").status_code == 200
    assert s3.get_object(Bucket=BUCKET, Key=f"by-{key}")["Body"].read() == b"sent"
    s3.close()


@pytest.mark.usefixtures("owner")
def test_a_link_ends_when_it_says(cloud: Cloud) -> None:
    s3 = client(cloud, "000000000000", "any")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"}, ExpiresIn=60)
    cloud.control.advance(61)
    assert httpx2.get(link).status_code == 403
    s3.close()


def test_a_link_of_a_user_of_the_engine_is_checked(cloud: Cloud, owner: "S3Client") -> None:
    iam = boto3.Session(aws_access_key_id="000000000000", aws_secret_access_key="any", region_name="us-east-1").client(
        "iam", endpoint_url=cloud.endpoint_url
    )
    iam.create_user(UserName="reader")
    issued = iam.create_access_key(UserName="reader")["AccessKey"]
    iam.close()
    links = {}
    for secret in (issued["SecretAccessKey"], "another"):
        s3 = client(cloud, issued["AccessKeyId"], secret)
        links[secret] = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
        s3.close()
    assert [httpx2.get(link).status_code for link in links.values()] == [200, 403]
