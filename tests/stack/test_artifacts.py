"""Bundles are uploaded once: an object's key depends on its content."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import yaml
from botocore.exceptions import ClientError

from agenticai.stack.artifacts import Store
from agenticai.stack.packaging import Bundle, Nested
from agenticai.stack.template import TEMPLATE, Template
from tests.stack.fakes import FakeS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "agenticai-artifacts-000000000000-us-east-1-an"


def store(fake: FakeS3) -> Store:
    return Store(cast("S3Client", fake), "000000000000", "https://s3/{}/{}".format, "some-stack")


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
    assert set(fake.buckets[BUCKET]) == {first["Worker"].key, second["Worker"].key}


def test_the_bucket_is_made_once(tmp_path: Path) -> None:
    fake = FakeS3()
    for content in (b"one", b"other"):
        store(fake).upload({"Worker": bundle(tmp_path, content)})
    assert fake.created == [{"Bucket": BUCKET, "BucketNamespace": "account-regional"}]


def test_outside_the_default_region_the_bucket_is_told_where_it_is(tmp_path: Path) -> None:
    fake = FakeS3(region="eu-central-1")
    store(fake).upload({"Worker": bundle(tmp_path, b"one")})
    assert fake.created == [
        {
            "Bucket": "agenticai-artifacts-000000000000-eu-central-1-an",
            "BucketNamespace": "account-regional",
            "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"},
        }
    ]


def test_where_nothing_is_uploaded_no_bucket_is_made() -> None:
    fake = FakeS3()
    assert store(fake).upload({}) == {}
    assert store(fake).prepare_template("{}").arguments == {"TemplateBody": "{}"}
    assert fake.created == []


def test_a_template_too_long_for_a_request_is_uploaded() -> None:
    fake = FakeS3()
    text = "x" * 51_201
    (key,) = {store(fake).prepare_template(text).url.removeprefix(f"https://s3/{BUCKET}/") for _ in range(2)}
    assert fake.buckets[BUCKET] == {key: text.encode()}


def test_a_preview_names_the_keys_of_a_deployment_and_uploads_its_template_alone(tmp_path: Path) -> None:
    fake, text = FakeS3(), "x" * 51_201
    path = tmp_path / "inner.json"
    path.write_text('{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}}}}')
    nested = Nested(Template.load(path), {"F": bundle(tmp_path, b"code")})
    bundles = {"Worker": bundle(tmp_path, b"one"), "Inner": Bundle.of("inner.json", path, nested)}
    preview = replace(store(fake), preview=True)
    located = preview.upload(bundles)
    assert fake.buckets == {}
    assert preview.prepare_template(text).url.startswith(f"https://s3/{BUCKET}/previews/some-stack/")
    assert [key.partition("/")[0] for key in fake.buckets[BUCKET]] == ["previews"]
    assert store(fake).upload(bundles) == located


def test_what_a_nested_template_names_goes_up_before_it(tmp_path: Path) -> None:
    fake = FakeS3()
    path = tmp_path / "inner.json"
    path.write_text('{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}}}}')
    nested = Nested(Template.load(path), {"F": bundle(tmp_path, b"code")})
    where = store(fake).upload({"Inner": Bundle.of("inner.json", path, nested)})["Inner"]
    code = json.loads(fake.buckets[BUCKET][where.key])["Resources"]["F"]["Properties"]["Code"]
    assert fake.buckets[BUCKET][code["S3Key"]] == b"code"


def test_what_a_stack_has_not_used_for_long_is_deleted_and_nothing_of_others(tmp_path: Path) -> None:
    fake = FakeS3()
    old, inner = store(fake), tmp_path / "inner.json"
    inner.write_text('{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}}}}')
    nested = Bundle.of("inner.json", inner, Nested(Template.load(inner), {"F": bundle(tmp_path, b"code")}))
    old.upload({"Worker": bundle(tmp_path, b"before"), "Kept": bundle(tmp_path, b"one"), "Inner": nested})
    replace(old, stack="some-stack-2", used=set()).upload({"Worker": bundle(tmp_path, b"before")})
    old.prepare_template("x" * 51_201)
    there = set(fake.buckets[BUCKET])
    new = store(fake)
    new.upload({"Worker": bundle(tmp_path, b"after"), "Kept": bundle(tmp_path, b"one"), "Inner": nested})
    new.remove_unused(fake.modified + timedelta(days=29))
    assert set(fake.buckets[BUCKET]) == there | new.used
    new.remove_unused(fake.modified + timedelta(days=31))
    assert set(fake.buckets[BUCKET]) == new.used | {key for key in there if not key.startswith("some-stack/")}
    assert len(new.used) == 4  # with the nested template and its code


def test_more_than_s3_deletes_at_once_goes_too(tmp_path: Path) -> None:
    fake = FakeS3()
    store(fake).upload({"Worker": bundle(tmp_path, b"one")})
    fake.buckets[BUCKET] |= {f"some-stack/worker/{number}.zip": b"" for number in range(1_500)}
    store(fake).remove_unused(fake.modified + timedelta(days=31))
    assert fake.buckets[BUCKET] == {}
    assert [len(keys) for keys in fake.deleted] == [1_000, 501]


def test_the_bucket_is_private_encrypted_versioned_and_reached_by_tls_only(tmp_path: Path) -> None:
    fake = FakeS3()
    store(fake).upload({"Worker": bundle(tmp_path, b"one")})
    assert all(fake.settings["put_public_access_block"].values())
    assert fake.settings["put_bucket_versioning"] == {"Status": "Enabled"}
    assert "AES256" in str(fake.settings["put_bucket_encryption"])
    (denied,) = json.loads(fake.settings["put_bucket_policy"])["Statement"]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert denied["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    rules = fake.settings["put_bucket_lifecycle_configuration"]["Rules"]
    expire = [rule["Filter"] for rule in rules if "Expiration" in rule]
    assert expire == [{"Prefix": "previews/"}]  # a rollback needs the previous bundles


CALLS = [
    "get_bucket_lifecycle_configuration",
    "create_bucket",
    "put_public_access_block",
    "put_bucket_encryption",
    "put_bucket_versioning",
    "put_bucket_policy",
    "put_bucket_lifecycle_configuration",
    "head_object",
    "put_object",
]


@pytest.mark.parametrize("call", CALLS)
def test_an_upload_that_was_cut_short_anywhere_is_finished_by_the_next(tmp_path: Path, call: str) -> None:
    whole, fake = FakeS3(), FakeS3()
    bundles = {"Worker": bundle(tmp_path, b"one")}
    uploaded = store(whole).upload(bundles)
    fake.fail_at = call
    with pytest.raises(ClientError):
        store(fake).upload(bundles)
    assert store(fake).upload(bundles) == uploaded
    assert (fake.buckets, fake.settings) == (whole.buckets, whole.settings)


def test_a_bucket_gets_the_rules_that_it_lacks_and_keeps_those_that_somebody_added(tmp_path: Path) -> None:
    fake, bundles = FakeS3(), {"Worker": bundle(tmp_path, b"one")}
    store(fake).upload(bundles)
    ours = fake.settings["put_bucket_lifecycle_configuration"]["Rules"]
    fake.settings["put_bucket_lifecycle_configuration"] = {"Rules": ours[:1]}
    store(fake).upload(bundles)
    assert fake.settings["put_bucket_lifecycle_configuration"] == {"Rules": ours}
    added = {"Rules": [*ours, {"ID": "mine", "Status": "Enabled"}]}
    fake.settings["put_bucket_lifecycle_configuration"] = added
    store(fake).upload(bundles)
    assert fake.settings["put_bucket_lifecycle_configuration"] == added


def test_a_bucket_of_another_account_is_not_used(tmp_path: Path) -> None:
    fake = FakeS3(account="111111111111")
    fake.buckets[BUCKET] = {}
    with pytest.raises(ClientError, match="Access Denied"):
        store(fake).upload({"Worker": bundle(tmp_path, b"one")})
    assert fake.buckets == {BUCKET: {}}


def test_no_stage_has_a_bucket_of_that_name() -> None:
    stages = yaml.safe_load(TEMPLATE.read_text("utf-8").split("GeminiModel:")[0])["Parameters"]["Stage"]
    named = re.compile(rf"agenticai-({stages['AllowedPattern'].strip('^$')})-000000000000-us-east-1")
    assert named.fullmatch("agenticai-artifacts-000000000000-us-east-1")
    assert not named.fullmatch(BUCKET)
