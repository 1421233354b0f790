"""Answers of deployed software, compared with what a step's calls expect."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import JsonValue

from agenticai.scenarios.format.script import ApiCall
from agenticai.scenarios.replaying.provision import ask_api, find_difference


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "anything"),
        ("Hello", "Hello"),
        ({"id": 1}, '{"id": 1, "title": "x"}'),
        ({"item": {"id": 1}}, '{"item": {"id": 1, "title": "x"}}'),
        ([{"id": 1}], '[{"id": 1, "title": "x"}]'),
        (0, "0"),
    ],
)
def test_an_answer_is_as_it_should_be(answer: JsonValue, text: str) -> None:
    assert find_difference(ApiCall(request="GET /", answer=answer), 200, text) is None


@pytest.mark.parametrize(
    ("answer", "status", "text", "said"),
    [
        (None, 500, "no", "answered with 500 and not 200: no"),
        ("Hello", 200, "Bye", "answered with 'Bye' and not 'Hello'"),
        ({"id": 1}, 200, '{"id": 2}', 'answered with {"id": 2} and not {"id": 1}'),
        ({"id": 1}, 200, "[]", "answered with [] and not"),
        ([], 200, '[{"id": 1}]', "and not []"),
    ],
)
def test_an_answer_that_is_otherwise_is_said(answer: JsonValue, status: int, text: str, said: str) -> None:
    assert said in str(find_difference(ApiCall(request="GET /", answer=answer), status, text))


@pytest.mark.parametrize(("status", "is_told"), [(501, True), (404, False)])
def test_a_target_without_http_apis_is_told_and_any_other_fault_is_one(status: int, is_told: bool) -> None:
    refusal: Any = {"Error": {"Code": "Refused"}, "ResponseMetadata": {"HTTPStatusCode": status}}

    def refuse(**_: object) -> None:
        raise ClientError(refusal, "GetApi")

    resource = {"ResourceType": "AWS::ApiGatewayV2::Api", "PhysicalResourceId": "unknown"}
    cloudformation: Any = SimpleNamespace(describe_stack_resources=lambda **_: {"StackResources": [resource]})
    bench: Any = SimpleNamespace(target=SimpleNamespace(client=lambda _: SimpleNamespace(get_api=refuse)))
    with nullcontext() if is_told else pytest.raises(ClientError):
        told = ask_api(bench, cloudformation, "made", [ApiCall(request="GET /")])
        assert told
        assert told.endswith("this target has no HTTP APIs")
