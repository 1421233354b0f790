"""The bucket with files for CloudFormation; an object's key depends on its content."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypedDict

from botocore.exceptions import ClientError

from agenticai.stack.changeset import TemplateText
from agenticai.stack.local_files import S3Object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        LifecycleRuleTypeDef,
        ObjectIdentifierTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionRuleTypeDef,
    )

    from agenticai.stack.packaging import Bundle, Bundles

# S3 refuses its default region as an explicit location.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
_DEFAULT_REGION = "us-east-1"

LONGEST_BODY: Final = 51_200
"""Maximum bytes of a template in a request; longer ones are uploaded.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""


NAMESPACE: Final = "account-regional"
"""The namespace of bucket names with a suffix that no other account can use.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
"""

KEEP_DAYS: Final = 30
"""How long unused and deleted objects, and templates of previews, are kept."""

MOST_DELETED: Final = 1_000
"""The maximum number of objects that S3 deletes in one request."""

UNFINISHED_DAYS: Final = 7

PREVIEWS: Final = "previews/"
"""The prefix of templates that were only compared with the deployed ones; nothing is deployed from there."""


def name_bucket(account: str, region: str) -> str:
    """Return the name of an account's bucket in a region; no stage's bucket has this ending."""
    return f"agenticai-artifacts-{account}-{region}-an"


@dataclass(frozen=True)
class Store:
    """The bucket of an `account`, created on the first upload.

    Uploads are below `stack`, so that no other deployment uses them. `object_url` returns an object's address on the
    target, and `partition` is the account's AWS partition. Each request names the account, so that another account's
    bucket is neither written nor read. A `preview` uploads only a template that is too long for a request, below
    `PREVIEWS`: previews need no permission to write what is deployed.
    """

    s3: S3Client
    account: str
    object_url: Callable[[str, str], str]
    stack: str
    partition: str = "aws"
    preview: bool = False
    used: set[str] = field(default_factory=set)
    """The keys of objects that were uploaded, or existed already."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return name_bucket(self.account, self.s3.meta.region_name)

    def upload(self, bundles: Bundles) -> Mapping[str, S3Object]:
        """Upload each bundle that the bucket does not have yet; return the objects by artifact.

        For a preview, return where they would be.
        """
        if bundles and not self.preview:
            self._ensure_bucket()
        return {id_: self._upload_bundle(bundle) for id_, bundle in bundles.items()}

    def prepare_template(self, text: str) -> TemplateText:
        """Return the stack's template for a request: its text, or the address to which it was uploaded."""
        if len(text.encode()) <= LONGEST_BODY:
            return TemplateText(body=text)
        self._ensure_bucket()
        name = f"{PREVIEWS}{self.stack}" if self.preview else f"{self.stack}/template"
        return TemplateText(url=self.make_url(self._put_text(name, text)))

    def remove_unused(self, now: datetime) -> None:
        """Delete what earlier deployments of the stack uploaded at least KEEP_DAYS ago, unless this one uses it.

        Call it after the deployment has succeeded: until then, CloudFormation may have to roll back to them.
        """
        unused = list(self._list_unused(now - timedelta(days=KEEP_DAYS)))
        for start in range(0, len(unused), MOST_DELETED):
            batch = unused[start : start + MOST_DELETED]
            self.s3.delete_objects(Delete={"Objects": batch, "Quiet": True}, **self._bucket_arguments)

    def _list_unused(self, since: datetime) -> Iterator[ObjectIdentifierTypeDef]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Prefix=f"{self.stack}/", **self._bucket_arguments)
        for page in pages:
            for item in page.get("Contents", ()):
                if item["Key"] not in self.used and item["LastModified"] < since:
                    yield {"Key": item["Key"]}

    def make_url(self, uploaded: S3Object) -> str:
        """Return the address of an object."""
        return self.object_url(uploaded.bucket, uploaded.key)

    def _upload_bundle(self, bundle: Bundle) -> S3Object:
        if bundle.nested:
            objects = self.upload(bundle.nested.bundles)
            return self._put_text(
                f"{self.stack}/{bundle.name}",
                bundle.nested.template.render_body(objects, {}, self.make_url),
                put=not self.preview,
            )
        key = f"{self.stack}/{bundle.name}/{bundle.sha256}{bundle.path.suffix}"
        if not self.preview:
            with bundle.path.open("rb") as content:
                self._put(key, bundle.sha256, content)
        return S3Object(self.bucket, key)

    def _put_text(self, name: str, text: str, *, put: bool = True) -> S3Object:
        content = text.encode()
        digest = hashlib.sha256(content).hexdigest()
        key = f"{name}/{digest}.json"
        if put:
            self._put(key, digest, BytesIO(content))
        return S3Object(self.bucket, key)

    def _put(self, key: str, sha256: str, content: BinaryIO) -> None:
        if not self._exists(key):
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
            self.s3.put_object(Key=key, Body=content, ChecksumSHA256=checksum, **self._bucket_arguments)
        self.used.add(key)

    def _ensure_bucket(self) -> None:
        """Create the bucket, or complete one whose set-up was interrupted or is older: the lifecycle is set last."""
        try:
            rules = self.s3.get_bucket_lifecycle_configuration(**self._bucket_arguments)["Rules"]
        except ClientError as error:
            if not _is_missing(error):
                raise
            if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                self._create_bucket()
            rules = []
        if not {rule["ID"] for rule in _RULES} <= {rule.get("ID") for rule in rules}:
            self._close_bucket()

    def _create_bucket(self) -> None:
        region = self.s3.meta.region_name
        configuration: Any = (
            {} if region == _DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        self.s3.create_bucket(Bucket=self.bucket, BucketNamespace=NAMESPACE, **configuration)

    def _close_bucket(self) -> None:
        """Make the bucket private, encrypted, versioned and TLS-only, and set the expiry of leftovers."""
        public_access_block: PublicAccessBlockConfigurationTypeDef = {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        }
        self.s3.put_public_access_block(PublicAccessBlockConfiguration=public_access_block, **self._bucket_arguments)
        encryption_rule: ServerSideEncryptionRuleTypeDef = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}
        }
        self.s3.put_bucket_encryption(
            ServerSideEncryptionConfiguration={"Rules": [encryption_rule]}, **self._bucket_arguments
        )
        self.s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **self._bucket_arguments)
        self.s3.put_bucket_policy(Policy=json.dumps(self._make_policy()), **self._bucket_arguments)
        self.s3.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": _RULES}, **self._bucket_arguments)

    def _make_policy(self) -> Mapping[str, object]:
        arn = f"arn:{self.partition}:s3:::{self.bucket}"
        tls_only = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [tls_only]}

    def _exists(self, key: str) -> bool:
        try:
            self.s3.head_object(Key=key, **self._bucket_arguments)
        except ClientError as error:
            if not _is_missing(error):
                raise
            return False
        return True

    @property
    def _bucket_arguments(self) -> _BucketArguments:
        return {"Bucket": self.bucket, "ExpectedBucketOwner": self.account}


class _BucketArguments(TypedDict):
    """The arguments of every request."""

    Bucket: str
    ExpectedBucketOwner: str


_RULES: Final[list[LifecycleRuleTypeDef]] = [
    {
        "ID": "left-over",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": KEEP_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_DAYS},
    },
    {
        "ID": "previewed",
        "Status": "Enabled",
        "Filter": {"Prefix": PREVIEWS},
        "Expiration": {"Days": KEEP_DAYS},
    },
]


def _is_missing(error: ClientError) -> bool:
    return error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
