"""The bucket that CloudFormation takes files from; an object's key says what is in it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final

from botocore.exceptions import ClientError

from agenticai.stack.changeset import TemplateText
from agenticai.stack.local_files import S3Object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_s3 import S3Client

    from agenticai.stack.packaging import Bundle, Bundles

# S3 refuses to be told the region that it assumes.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_DEFAULT_REGION = "us-east-1"

LONGEST_BODY: Final = 51_200
"""Bytes of a template in a request; a longer one is uploaded.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""


@dataclass(frozen=True)
class Store:
    """The bucket, made when something is first uploaded; `object_url` gives an object's address on the target."""

    s3: S3Client
    bucket: str
    object_url: Callable[[str, str], str]

    def upload(self, bundles: Bundles) -> Mapping[str, S3Object]:
        """Put each bundle into the bucket, unless it is there already; return where each is, by artifact."""
        if bundles:
            self._ensure_bucket()
        return {id_: self._uploaded(bundle) for id_, bundle in bundles.items()}

    def template(self, name: str, text: str) -> TemplateText:
        """Return a template as a request takes it: its text, or the address at which it was uploaded."""
        if len(text.encode()) <= LONGEST_BODY:
            return TemplateText(body=text)
        self._ensure_bucket()
        return TemplateText(url=self.url(self._put_text(name, text)))

    def url(self, uploaded: S3Object) -> str:
        """Return the address of an object."""
        return self.object_url(uploaded.bucket, uploaded.key)

    def _uploaded(self, bundle: Bundle) -> S3Object:
        if bundle.nested:
            objects = self.upload(bundle.nested.bundles)
            return self._put_text(bundle.name, bundle.nested.template.body(objects, {}, self.url))
        with bundle.path.open("rb") as content:
            return self._put(f"{bundle.name}/{bundle.sha256}{bundle.path.suffix}", bundle.sha256, content)

    def _put_text(self, name: str, text: str) -> S3Object:
        content = text.encode()
        digest = hashlib.sha256(content).hexdigest()
        return self._put(f"{name}/{digest}.json", digest, BytesIO(content))

    def _put(self, key: str, sha256: str, content: BinaryIO) -> S3Object:
        if not self._exists(key):
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ChecksumSHA256=checksum)
        return S3Object(self.bucket, key)

    def _ensure_bucket(self) -> None:
        try:
            self.s3.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if not _is_missing(error):
                raise
            region = self.s3.meta.region_name
            if region == _DEFAULT_REGION:
                self.s3.create_bucket(Bucket=self.bucket)
            else:
                self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item]

    def _exists(self, key: str) -> bool:
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if not _is_missing(error):
                raise
            return False
        return True


def _is_missing(error: ClientError) -> bool:
    return error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
