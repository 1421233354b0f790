"""The bucket that CloudFormation takes bundles from; an object's key says what is in it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from agenticai.stack.template import S3Object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

    from agenticai.stack.build import Bundle, Bundles

# S3 refuses to be told the region that it assumes.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_DEFAULT_REGION = "us-east-1"


def upload(s3: S3Client, bucket: str, bundles: Bundles) -> Mapping[str, S3Object]:
    """Put each bundle into `bucket`, made if there is none, unless it is there already.

    Returns where each is, by logical id.
    """
    _ensure_bucket(s3, bucket)
    objects = {}
    for logical_id, bundle in bundles.items():
        key = f"{bundle.name}/{bundle.sha256}.zip"
        if not _exists(s3, bucket, key):
            _put(s3, bucket, key, bundle)
        objects[logical_id] = S3Object(bucket, key)
    return objects


def _put(s3: S3Client, bucket: str, key: str, bundle: Bundle) -> None:
    checksum = base64.b64encode(bytes.fromhex(bundle.sha256)).decode()
    with bundle.path.open("rb") as body:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ChecksumSHA256=checksum)


def _ensure_bucket(s3: S3Client, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if not _is_missing(error):
            raise
        region = s3.meta.region_name
        if region == _DEFAULT_REGION:
            s3.create_bucket(Bucket=bucket)
        else:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]


def _exists(s3: S3Client, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if not _is_missing(error):
            raise
        return False
    return True


def _is_missing(error: ClientError) -> bool:
    return error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
