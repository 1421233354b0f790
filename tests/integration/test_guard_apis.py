"""Deployed APIs and pages: each API allows its own origins, on its own paths, and nowhere else."""

import uuid
from collections.abc import Iterator

import httpx2
import pytest

from agenticai.emulator.process import Engine
from tests.integration.apis import Apis
from tests.integration.cloud import Cloud

APP = "http://localhost:5173"
OTHER = "http://evil.example"


@pytest.fixture(scope="module")
def apis(cloud: Cloud) -> Iterator[Apis]:
    with Apis(cloud) as made:
        yield made


def ask(apis: Apis, path: str, origin: str, method: str = "POST", host: str = "localhost") -> httpx2.Response:
    """Send a request as a browser does for a page of this origin."""
    headers = {"Host": host, "Origin": origin, "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
    return httpx2.request(method, apis.cloud.endpoint_url + path, headers=headers, timeout=60)


def refused(answer: httpx2.Response) -> bool:
    return answer.status_code == 403 and "Refused by AgenticAI's engine" in answer.text


@pytest.mark.parametrize("path", ["/_aws/execute-api/{}/v1/", "/restapis/{}/v1/_user_request_/"])
def test_a_function_that_is_told_whom_to_allow(apis: Apis, path: str) -> None:
    api, other = apis.deploy_rest(variable=APP), apis.deploy_rest()
    answer = ask(apis, path.format(api), APP)
    assert (answer.text, answer.headers["access-control-allow-origin"]) == ("hello", APP)
    assert refused(ask(apis, path.format(api), OTHER))
    assert refused(ask(apis, path.format(other), APP))


def test_an_api_that_is_declared_to_answer_preflights(apis: Apis) -> None:
    api = apis.deploy_rest(declared=APP)
    assert not refused(ask(apis, f"/_aws/execute-api/{api}/v1/", APP, "OPTIONS"))
    assert ask(apis, f"/_aws/execute-api/{api}/v1/", APP).text == "hello"
    assert refused(ask(apis, f"/_aws/execute-api/{api}/v1/", OTHER))


def test_an_api_with_cors_rules(apis: Apis) -> None:
    api = apis.deploy_http(APP)
    answer = ask(apis, f"/_aws/execute-api/{api}/v1/", APP)
    assert (answer.text, answer.headers["access-control-allow-origin"]) == ("hello", APP)
    assert refused(ask(apis, f"/_aws/execute-api/{api}/v1/", OTHER))


@pytest.mark.parametrize("host", ["localhost", "{}.execute-api.localhost", "x.execute-api.localhost"])
def test_one_that_allows_all_origins_opens_nothing_else(apis: Apis, engine: Engine, host: str) -> None:
    api = apis.deploy_rest(variable="*")
    host = f"{host.format(api)}:{engine.port}"
    queue = apis.cloud.sqs.create_queue(QueueName=f"kept-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    assert refused(ask(apis, "/_ministack/reset", OTHER, host=host))
    assert refused(ask(apis, "/?Action=CreateQueue&QueueName=by-a-page", OTHER, host=host))
    assert refused(ask(apis, "/_harness/usage", OTHER, "GET", host))
    assert refused(ask(apis, f"/restapis/{api}", OTHER, "DELETE", host))
    assert refused(ask(apis, f"/restapis/{api}/deployments", OTHER, host=host))
    assert ask(apis, f"/_aws/execute-api/{api}/v1/", OTHER).text == "hello"
    assert queue in apis.cloud.sqs.list_queues()["QueueUrls"]
