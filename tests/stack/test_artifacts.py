"""Bundles are uploaded once: an object's key says what is in it."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agenticai.stack.artifacts import upload
from agenticai.stack.build import Bundle
from tests.stack.fakes import FakeS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def bundle(folder: Path, content: bytes) -> Bundle:
    path = folder / f"{len(content)}.zip"
    path.write_bytes(content)
    return Bundle("worker", path, hashlib.sha256(content).hexdigest(), len(content), len(content))


def test_a_bundle_goes_up_once_and_a_changed_one_beside_it(tmp_path: Path) -> None:
    fake = FakeS3()
    client = cast("S3Client", fake)
    first = upload(client, "artifacts", {"Worker": bundle(tmp_path, b"one")})
    assert fake.puts == 1
    assert upload(client, "artifacts", {"Worker": bundle(tmp_path, b"one")}) == first
    assert fake.puts == 1
    second = upload(client, "artifacts", {"Worker": bundle(tmp_path, b"other")})
    assert second["Worker"].key != first["Worker"].key
    assert set(fake.buckets["artifacts"]) == {first["Worker"].key, second["Worker"].key}


def test_the_bucket_is_made_once(tmp_path: Path) -> None:
    fake = FakeS3()
    for content in (b"one", b"other"):
        upload(cast("S3Client", fake), "artifacts", {"Worker": bundle(tmp_path, content)})
    assert fake.created == [{"Bucket": "artifacts"}]


def test_outside_the_default_region_the_bucket_is_told_where_it_is() -> None:
    fake = FakeS3(region="eu-central-1")
    upload(cast("S3Client", fake), "artifacts", {})
    assert fake.created == [
        {"Bucket": "artifacts", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    ]
