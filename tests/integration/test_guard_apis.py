"""Deployed APIs and pages: each lets in whom it was deployed to let in, on its own paths, and nobody elsewhere."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import httpx2
import pytest

from agenticai.emulator.process import Engine
from tests.integration.cloud import Cloud

APP = "http://localhost:5173"
OTHER = "http://evil.example"
HEADER = "method.response.header.Access-Control-Allow-Origin"
ANSWERS = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "http://localhost:5173"}, "body": "hello"}
"""


class Apis:
    """Makes deployed APIs, each with one route, and asks the engine as a browser would for a page."""

    def __init__(self, cloud: Cloud) -> None:
        session = boto3.Session(aws_access_key_id="000000000000", aws_secret_access_key="x", region_name="us-east-1")
        self.cloud = cloud
        self.rest: Any = session.client("apigateway", endpoint_url=cloud.endpoint_url)
        self.http: Any = session.client("apigatewayv2", endpoint_url=cloud.endpoint_url)

    def close(self) -> None:
        self.rest.close()
        self.http.close()

    def deploy_rest(self, *, variable: str = "", declared: str = "") -> str:
        """Make a REST API whose function has the variable, or whose preflights are answered with a declared header."""
        api = self.rest.create_rest_api(name=uuid.uuid4().hex)["id"]
        route = {"restApiId": api, "resourceId": self.rest.get_resources(restApiId=api)["items"][0]["id"]}
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{self._function(variable)}/invocations"
        for method in ("POST", "OPTIONS"):
            self.rest.put_method(**route, httpMethod=method, authorizationType="NONE")
            self.rest.put_integration(
                **route, httpMethod=method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri
            )
        if declared:
            header = {HEADER: f"'{declared}'"}
            self.rest.put_integration(**route, httpMethod="OPTIONS", type="MOCK")
            self.rest.put_integration_response(
                **route, httpMethod="OPTIONS", statusCode="200", responseParameters=header
            )
        self.rest.create_deployment(restApiId=api, stageName="v1")
        return str(api)

    def deploy_http(self, allowed: str) -> str:
        """Make an HTTP API of a function, with CORS rules."""
        api = self.http.create_api(
            Name=uuid.uuid4().hex,
            ProtocolType="HTTP",
            Target=self._function(),
            CorsConfiguration={"AllowOrigins": [allowed], "AllowMethods": ["POST"]},
        )
        return str(api["ApiId"])

    def _function(self, variable: str = "") -> str:
        name = self.cloud.deploy(ANSWERS, ALLOWED_ORIGIN=variable)
        return self.cloud.lambda_.get_function(FunctionName=name)["Configuration"]["FunctionArn"]

    def ask(self, path: str, origin: str, method: str = "POST", host: str = "localhost") -> httpx2.Response:
        headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
        return httpx2.request(method, self.cloud.endpoint_url + path, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def apis(cloud: Cloud) -> Iterator[Apis]:
    made = Apis(cloud)
    yield made
    made.close()


def refused(answer: httpx2.Response) -> bool:
    return answer.status_code == 403 and "Refused by AgenticAI's engine" in answer.text


@pytest.mark.parametrize("path", ["/_aws/execute-api/{}/v1/", "/restapis/{}/v1/_user_request_/"])
def test_a_function_that_is_told_whom_to_allow(apis: Apis, path: str) -> None:
    api, other = apis.deploy_rest(variable=APP), apis.deploy_rest()
    answer = apis.ask(path.format(api), APP)
    assert (answer.text, answer.headers["access-control-allow-origin"]) == ("hello", APP)
    assert refused(apis.ask(path.format(api), OTHER))
    assert refused(apis.ask(path.format(other), APP))


def test_an_api_that_is_declared_to_answer_preflights(apis: Apis) -> None:
    api = apis.deploy_rest(declared=APP)
    assert not refused(apis.ask(f"/_aws/execute-api/{api}/v1/", APP, "OPTIONS"))
    assert apis.ask(f"/_aws/execute-api/{api}/v1/", APP).text == "hello"
    assert refused(apis.ask(f"/_aws/execute-api/{api}/v1/", OTHER))


def test_an_api_with_cors_rules(apis: Apis) -> None:
    api = apis.deploy_http(APP)
    assert not refused(apis.ask(f"/_aws/execute-api/{api}/$default/", APP))
    assert refused(apis.ask(f"/_aws/execute-api/{api}/$default/", OTHER))


@pytest.mark.parametrize("host", ["localhost", "{}.execute-api.localhost", "x.execute-api.localhost"])
def test_one_that_allows_all_origins_opens_nothing_else(apis: Apis, engine: Engine, host: str) -> None:
    api = apis.deploy_rest(variable="*")
    host = f"{host.format(api)}:{engine.port}"
    queue = apis.cloud.sqs.create_queue(QueueName=f"kept-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    assert refused(apis.ask("/_ministack/reset", OTHER, host=host))
    assert refused(apis.ask("/?Action=CreateQueue&QueueName=by-a-page", OTHER, host=host))
    assert refused(apis.ask("/_harness/usage", OTHER, "GET", host))
    assert refused(apis.ask(f"/restapis/{api}", OTHER, "DELETE", host))
    assert refused(apis.ask(f"/restapis/{api}/deployments", OTHER, host=host))
    assert apis.ask(f"/_aws/execute-api/{api}/v1/", OTHER).text == "hello"
    assert queue in apis.cloud.sqs.list_queues()["QueueUrls"]
