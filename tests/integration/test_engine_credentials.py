"""Presigned links, and how long they are valid."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from botocore.config import Config

from tests.integration.cloud import Cloud
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "linked"


def client(cloud: Cloud, key: str, secret: str, token: str | None = None, signature: str = "s3v4") -> "S3Client":
    config = Config(signature_version=signature, s3={"addressing_style": "path"})
    session = new_session(key, secret, token)
    return session.client("s3", endpoint_url=cloud.endpoint_url, config=config)


def lifetime(cloud: Cloud, seconds: int) -> int:
    """Return the `ExpiresIn` for a link's lifetime: those who sign it do not know the engine's clock."""
    return round(cloud.control.clock().ahead_s) + seconds


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
    s3 = client(cloud, key, secret, signature=signature)
    named: dict[str, Any] = {"Bucket": BUCKET, "Key": "a"}
    assert httpx2.get(s3.generate_presigned_url("get_object", Params=named), timeout=60).content == b"content"
    upload = s3.generate_presigned_url("put_object", Params={**named, "Key": f"by-{key}"})
    assert httpx2.put(upload, content=b"sent", timeout=60).status_code == 200
    assert s3.get_object(Bucket=BUCKET, Key=f"by-{key}")["Body"].read() == b"sent"
    s3.close()


@pytest.mark.parametrize("signature", ["s3v4", "s3"])
@pytest.mark.usefixtures("owner")
def test_a_link_ends_when_it_says(cloud: Cloud, signature: str) -> None:
    s3 = client(cloud, "000000000000", "any", signature=signature)
    link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"}, ExpiresIn=lifetime(cloud, 60))
    assert httpx2.get(link, timeout=60).status_code == 200
    cloud.control.advance(61)
    answer = httpx2.get(link, timeout=60)
    assert (answer.status_code, "Request has expired" in answer.text) == (403, True)
    s3.close()


@pytest.mark.usefixtures("owner")
def test_a_link_lives_for_a_week_at_most(cloud: Cloud) -> None:
    s3, named = client(cloud, "000000000000", "any"), {"Bucket": BUCKET, "Key": "a"}
    links = [s3.generate_presigned_url("get_object", Params=named, ExpiresIn=604_800 + more) for more in (0, 1)]
    assert [httpx2.get(link, timeout=60).status_code for link in links] == [200, 400]
    s3.close()


@pytest.mark.parametrize("signature", ["s3v4", "s3"])
@pytest.mark.usefixtures("owner")
def test_a_form_is_good_with_any_credentials_until_it_expires(cloud: Cloud, signature: str) -> None:
    """AmazonS3/latest/developerguide/HTTPPOSTForms.html"""
    s3 = client(cloud, "AKIAEXAMPLE", "x", signature=signature)
    form = s3.generate_presigned_post(BUCKET, "posted", ExpiresIn=lifetime(cloud, 60))

    def post() -> int:
        return httpx2.post(form["url"], data=form["fields"], files={"file": b"sent"}, timeout=60).status_code

    assert (post(), s3.get_object(Bucket=BUCKET, Key="posted")["Body"].read()) == (204, b"sent")
    cloud.control.advance(61)
    assert post() == 403
    s3.close()


@pytest.mark.usefixtures("owner")
def test_a_twelve_digit_key_stays_the_account(cloud: Cloud) -> None:
    s3 = client(cloud, "123456789012", "any")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
    assert httpx2.get(link, timeout=60).status_code == 403
    s3.close()


@pytest.mark.usefixtures("owner")
def test_a_link_of_a_role_is_checked(cloud: Cloud) -> None:
    session = new_session()
    with closing(session.client("sts", endpoint_url=cloud.endpoint_url)) as sts:
        role = "arn:aws:iam::000000000000:role/reader"
        issued = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    key, secret, token = issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
    statuses = []
    for given in ((secret, token), ("another", token), (secret, "another")):
        s3 = client(cloud, key, *given)
        link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
        statuses.append(httpx2.get(link, timeout=60).status_code)
        s3.close()
    assert statuses == [200, 403, 400]


@pytest.mark.usefixtures("owner")
def test_a_link_of_a_function_is_checked(cloud: Cloud) -> None:
    name = cloud.deploy(
        """
        import boto3

        def handler(event, context):
            from botocore.config import Config
            s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
            return s3.generate_presigned_url("get_object", Params={"Bucket": event, "Key": "a"})
        """
    )
    link = cloud.invoke(name, BUCKET).payload
    other = link.replace(f"/{BUCKET}/a?", f"/{BUCKET}/b?")
    assert (httpx2.get(link, timeout=60).content, httpx2.get(other, timeout=60).status_code) == (b"content", 403)


def test_a_link_of_a_user_of_the_engine_is_checked(cloud: Cloud, owner: "S3Client") -> None:
    iam = new_session().client("iam", endpoint_url=cloud.endpoint_url)
    iam.create_user(UserName="reader")
    issued = iam.create_access_key(UserName="reader")["AccessKey"]
    iam.close()
    links = {}
    for secret in (issued["SecretAccessKey"], "another"):
        s3 = client(cloud, issued["AccessKeyId"], secret)
        links[secret] = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
        s3.close()
    assert [httpx2.get(link, timeout=60).status_code for link in links.values()] == [200, 403]
