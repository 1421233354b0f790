"""The routes in the OpenAPI document of an HTTP API."""

import pytest

from agenticai.emulator.engines.ministack.http_apis import list_routes

PROXY = {"type": "aws_proxy", "httpMethod": "POST", "uri": "arn:function", "payloadFormatVersion": "2.0"}
INTEGRATION = {
    "integrationType": "AWS_PROXY",
    "integrationUri": "arn:function",
    "integrationMethod": "POST",
    "payloadFormatVersion": "2.0",
}


def test_each_operation_is_a_route_with_its_integration() -> None:
    described = {"x-amazon-apigateway-integration": PROXY}
    paths = {
        "/": {"x-amazon-apigateway-any-method": described},
        "/todos/{id}": {"get": described, "parameters": [], "put": {"responses": {}}},
    }
    expected = [("ANY /", INTEGRATION), ("GET /todos/{id}", INTEGRATION)]
    assert list(list_routes({"openapi": "3.0.1", "paths": paths})) == expected


@pytest.mark.parametrize("body", [None, "text", {}, {"paths": None}])
def test_without_a_document_there_are_none(body: object) -> None:
    assert list(list_routes(body)) == []
