"""Bundles are uploaded once: an object's key says what is in it."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from agenticai.stack.artifacts import Store
from agenticai.stack.packaging import Bundle, Nested
from agenticai.stack.template import Template
from tests.stack.fakes import FakeS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def store(fake: FakeS3) -> Store:
    return Store(cast("S3Client", fake), "artifacts", "https://s3/{}/{}".format)


def bundle(folder: Path, content: bytes) -> Bundle:
    path = folder / f"{len(content)}.zip"
    path.write_bytes(content)
    return Bundle("worker", path, hashlib.sha256(content).hexdigest(), len(content), len(content))


def test_a_bundle_goes_up_once_and_a_changed_one_beside_it(tmp_path: Path) -> None:
    fake = FakeS3()
    first = store(fake).upload({"Worker": bundle(tmp_path, b"one")})
    assert fake.puts == 1
    assert store(fake).upload({"Worker": bundle(tmp_path, b"one")}) == first
    assert fake.puts == 1
    second = store(fake).upload({"Worker": bundle(tmp_path, b"other")})
    assert second["Worker"].key != first["Worker"].key
    assert set(fake.buckets["artifacts"]) == {first["Worker"].key, second["Worker"].key}


def test_the_bucket_is_made_once(tmp_path: Path) -> None:
    fake = FakeS3()
    for content in (b"one", b"other"):
        store(fake).upload({"Worker": bundle(tmp_path, content)})
    assert fake.created == [{"Bucket": "artifacts"}]


def test_outside_the_default_region_the_bucket_is_told_where_it_is(tmp_path: Path) -> None:
    fake = FakeS3(region="eu-central-1")
    store(fake).upload({"Worker": bundle(tmp_path, b"one")})
    assert fake.created == [
        {"Bucket": "artifacts", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    ]


def test_where_nothing_is_uploaded_no_bucket_is_made() -> None:
    fake = FakeS3()
    assert store(fake).upload({}) == {}
    assert store(fake).template("name", "{}").arguments == {"TemplateBody": "{}"}
    assert fake.created == []


def test_a_template_too_long_for_a_request_is_uploaded() -> None:
    fake = FakeS3()
    text = "x" * 51_201
    (key,) = {store(fake).template("name", text).url.removeprefix("https://s3/artifacts/") for _ in range(2)}
    assert fake.buckets["artifacts"] == {key: text.encode()}


def test_what_a_nested_template_names_goes_up_before_it(tmp_path: Path) -> None:
    fake = FakeS3()
    path = tmp_path / "inner.json"
    path.write_text('{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}}}}')
    nested = Nested(Template.load(path), {"F": bundle(tmp_path, b"code")})
    where = store(fake).upload({"Inner": Bundle.of("inner.json", path, nested)})["Inner"]
    code = json.loads(fake.buckets["artifacts"][where.key])["Resources"]["F"]["Properties"]["Code"]
    assert fake.buckets["artifacts"][code["S3Key"]] == b"code"
