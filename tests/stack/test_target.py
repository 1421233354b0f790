"""Targets: how each is named, reached, and which platform it needs."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from agenticai.stack.errors import TargetError
from agenticai.stack.platform import AS_NAMED, HERE
from agenticai.stack.stage import read_stage_outputs
from agenticai.stack.target import Capability, Target


def test_embedded_runs_functions_here_and_answers_as_gemini() -> None:
    target = Target.embedded("http://127.0.0.1:5000/")
    assert target.endpoint_url == "http://127.0.0.1:5000"
    assert target.gemini_endpoint == "http://127.0.0.1:5000/_gemini"
    assert target.api_url("abc", "v1") == "http://127.0.0.1:5000/_aws/execute-api/abc/v1"
    assert target.capabilities == set(Capability) - {Capability.METRICS}
    assert target.functions_on == HERE


def test_an_endpoint_runs_functions_as_lambda_does_and_has_no_gemini() -> None:
    target = Target.endpoint("http://127.0.0.1:4566")
    assert target.gemini_endpoint == ""
    assert target.capabilities == frozenset()
    assert target.functions_on == AS_NAMED


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("eu-central-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("moon-1", "amazonaws.com"),
    ],
)
def test_addresses_are_those_of_the_partition(region: str, suffix: str) -> None:
    target = Target.aws(region)
    assert target.object_url("files", "a.json") == f"https://files.s3.{region}.{suffix}/a.json"
    assert target.api_url("abc", "v1") == f"https://abc.execute-api.{region}.{suffix}/v1"


@pytest.mark.parametrize("url", ["moon", "", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(TargetError, match=r"127\.0\.0\.1"):
        Target.endpoint(url)


def test_a_client_is_made_once_even_by_several_threads() -> None:
    target = Target.embedded()
    with ThreadPoolExecutor(4) as threads:
        clients = list(threads.map(lambda _: target.client("sqs"), range(8)))
    assert len(set(map(id, clients))) == 1
    assert clients[0].meta.endpoint_url == "http://127.0.0.1:4566"
    assert clients[0].meta.region_name == "us-east-1"


def test_a_target_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(TargetError, match=r"Nothing answers at http://127\.0\.0\.1:1: .* `agenticai up` starts one"):
        read_stage_outputs(Target.embedded("http://127.0.0.1:1"), "dev")


def test_aws_is_reached_as_the_users_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    target = Target.aws()
    assert (target.name, target.region, target.address) == ("aws", "eu-west-1", "AWS in eu-west-1")
    assert target.api_url("abc", "v1") == "https://abc.execute-api.eu-west-1.amazonaws.com/v1"
    assert target.object_url("b", "k") == "https://b.s3.eu-west-1.amazonaws.com/k"
    assert target.client("sqs").meta.endpoint_url == "https://sqs.eu-west-1.amazonaws.com"
    assert target.capabilities == {Capability.METRICS}
    assert target.functions_on == AS_NAMED
