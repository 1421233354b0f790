"""The port to the bucket, and its S3 adapter."""

import hashlib
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shared.models.errors import Retryable
from shared.models.project import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


class Objects(Protocol):
    """A bucket of objects. Throttling and outages raise `shared.models.errors.Retryable`."""

    def put(self, key: str, content: bytes, content_type: str) -> StoredObject:
        """Write an object, replacing an earlier one with that key."""
        ...

    def put_first(self, key: str, content: bytes, content_type: str) -> bytes:
        """Write an object unless it exists already; return the content that the bucket then has."""
        ...

    def get(self, key: str) -> bytes | None:
        """Read an object; None if it does not exist."""
        ...

    def erase(self, prefix: str, *, at_most: int = 1000) -> bool:
        """Delete at most 1000 versions of objects with a key prefix; return whether there are more."""
        ...

    def link(self, stored: StoredObject, seconds: int) -> str:
        """Return an address at which anyone can read the object for that many seconds."""
        ...


class S3Objects:
    """An S3 bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: bytes, content_type: str) -> StoredObject:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)
        except (ClientError, BotoCoreError) as error:
            raise Retryable(f"S3 could not store {key}: {error}") from error
        return describe(key, content)

    def put_first(self, key: str, content: bytes, content_type: str) -> bytes:
        try:
            # A conditional write: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType=content_type, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}:
                return self._read_existing(key)
            raise Retryable(f"S3 could not store {key}: {error}") from error
        except BotoCoreError as error:
            raise Retryable(f"S3 could not be reached: {error}") from error
        return content

    def get(self, key: str) -> bytes | None:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise Retryable(f"S3 could not read {key}: {error}") from error
        except BotoCoreError as error:
            raise Retryable(f"S3 could not be reached: {error}") from error

    def erase(self, prefix: str, *, at_most: int = 1000) -> bool:
        # Deleting a key of a versioned bucket only hides it; deleting its versions, delete markers too, removes it.
        # docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
        try:
            page = self._client.list_object_versions(Bucket=self._bucket, Prefix=prefix, MaxKeys=at_most)
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if entries:
                versions: list[ObjectIdentifierTypeDef] = [
                    {"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries
                ]
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": versions, "Quiet": True})
                if answer.get("Errors"):
                    raise Retryable(f"S3 kept {len(answer['Errors'])} versions below {prefix}")
        except (ClientError, BotoCoreError) as error:
            raise Retryable(f"S3 could not delete below {prefix}: {error}") from error
        return page["IsTruncated"]

    def link(self, stored: StoredObject, seconds: int) -> str:
        parameters = {"Bucket": self._bucket, "Key": stored.key}
        return self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)

    def _read_existing(self, key: str) -> bytes:
        content = self.get(key)
        if content is None:
            raise Retryable(f"S3 says {key} is being written; it is not readable yet")
        return content


def describe(key: str, content: bytes) -> StoredObject:
    """Return the key, size and SHA-256 by which an item refers to an object."""
    return StoredObject(key=key, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def read_named(objects: Objects, stored: StoredObject) -> bytes:
    """Return the object that an item refers to. Raises `Retryable` if it is missing or has another content."""
    content = objects.get(stored.key)
    if content is None or hashlib.sha256(content).hexdigest() != stored.sha256:
        raise Retryable(f"{stored.key} is not the object that was stored")
    return content
