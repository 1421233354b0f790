"""Deploys what the factory produced as a stack of its own, with the template that the factory wrote for it."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
from botocore.exceptions import ClientError
from pydantic import JsonValue

from agenticai.client.api import ProjectsApi
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import StepFailed
from agenticai.scenarios.format.script import ApiCall
from agenticai.stack.changeset import read_message
from agenticai.stack.deploying import StackDefinition, deploy_stack
from agenticai.stack.errors import StackError
from agenticai.stack.template import Template
from shared.models import layout

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

CALL_SECONDS: Final = 30.0
"""The timeout of a call of an API, which is that of an HTTP API."""

SHOWN: Final = 300
"""The number of characters of an answer that are shown."""

PACKAGE: Final = "package.zip"
"""The template's name for the package next to it."""

REQUEST: Final[dict[str, Any]] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"}},
    "isBase64Encoded": False,
}
"""The minimal event of an HTTP API (payload format 2.0), see
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""


def provision(bench: Bench, api: ProjectsApi, project_id: str, calls: Sequence[ApiCall] = ()) -> str | None:
    """Deploy a project's latest package, call its functions and its API, and delete the stack again.

    Returns None, or why this target cannot run what was deployed. Raises `StepFailed` if the deployment or a function
    fails, or if the API does not answer a call as expected.
    """
    template = _read_template(bench, api, project_id)
    name = f"made-{project_id.lower()}"
    cloudformation = bench.target.client("cloudformation")
    try:
        deploy_stack(bench.target, name, StackDefinition(template))
        if reason := _call_functions(bench, cloudformation, name):
            return reason
        return ask_api(bench, cloudformation, name, calls) if calls else None
    except (ClientError, StackError) as error:
        detail = read_message(error) if isinstance(error, ClientError) else str(error)
        raise StepFailed(f"the template of project {project_id} was not deployed: {detail}") from error
    finally:
        cloudformation.delete_stack(StackName=name)


def _read_template(bench: Bench, api: ProjectsApi, project_id: str) -> Template:
    """Return the template, with the location where the factory stored the package."""
    packaged = [deployment for deployment in api.list_deployments(project_id) if deployment.template_url]
    if not packaged:
        raise StepFailed(f"project {project_id} has no template: it was not packaged, or its type is not deployed")
    newest = packaged[-1]
    stored = f"s3://{bench.outputs.bucket_name}/{layout.deployment_object(project_id, newest.revision, PACKAGE)}"
    text = api.download(str(newest.template_url)).decode().replace(f"CodeUri: {PACKAGE}", f"CodeUri: {stored}")
    return Template.parse(text, Path("template.yaml"))


def _call_functions(bench: Bench, cloudformation: "CloudFormationClient", name: str) -> str | None:
    """Request the root path of each function of the stack; return why that was not possible, else None."""
    functions = bench.target.client("lambda")
    for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]:
        if resource["ResourceType"] != "AWS::Lambda::Function":
            continue
        function = resource["PhysicalResourceId"]
        runtime = functions.get_function_configuration(FunctionName=function)["Runtime"]
        if bench.target.functions_on.one_platform and not runtime.startswith("python"):
            return f"its function was deployed and not run, because this target runs no {runtime}"
        answer = functions.invoke(FunctionName=function, Payload=json.dumps(REQUEST))
        if "FunctionError" in answer:
            raise StepFailed(f"the deployed function failed: {answer['Payload'].read().decode()}")
    return None


def ask_api(bench: Bench, cloudformation: "CloudFormationClient", name: str, calls: Sequence[ApiCall]) -> str | None:
    """Call the stack's HTTP API; return why this target has none, or None if it answers as expected."""
    api_id = _find_api(cloudformation, name)
    try:
        bench.target.client("apigatewayv2").get_api(ApiId=api_id)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_IMPLEMENTED:
            raise
        return "its functions were asked and its API was not, because this target has no HTTP APIs"
    _call_api(bench.target.http_api_url(api_id), calls, by_proxy=not bench.target.endpoint_url)
    return None


def _find_api(cloudformation: "CloudFormationClient", name: str) -> str:
    """Return the id of the stack's HTTP API."""
    for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]:
        if resource["ResourceType"] == "AWS::ApiGatewayV2::Api":
            return resource["PhysicalResourceId"]
    raise StepFailed("the deployed stack has no API to call")


def _call_api(address: str, calls: Sequence[ApiCall], *, by_proxy: bool) -> None:
    with httpx2.Client(timeout=CALL_SECONDS, trust_env=by_proxy) as http:
        for call in calls:
            method, _, path = call.request.partition(" ")
            try:
                answer = http.request(method, f"{address}{path}", content=_write_body(call.body))
            except httpx2.HTTPError as error:
                raise StepFailed(f"{call.request} to the deployed API was not answered: {error}") from error
            if difference := find_difference(call, answer.status_code, answer.text):
                raise StepFailed(f"{call.request} to the deployed API {difference}")


def _write_body(body: JsonValue) -> str | None:
    return body if body is None or isinstance(body, str) else json.dumps(body)


def find_difference(call: ApiCall, status: int, text: str) -> str | None:
    """Return how an answer differs from what its call expects, as the rest of a sentence; None if it does not."""
    if status != call.status:
        return f"answered with {status} and not {call.status}: {text[:SHOWN]}"
    if call.answer is None or text == call.answer:
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return f"answered with {text[:SHOWN]!r} and not {call.answer!r}"
    return (
        None if _matches(document, call.answer) else f"answered with {text[:SHOWN]} and not {json.dumps(call.answer)}"
    )


def _matches(actual: JsonValue, expected: JsonValue) -> bool:
    """Return whether a document matches; a mapping may have members that are not named, at every depth."""
    match actual, expected:
        case dict(), dict():
            return all(name in actual and _matches(actual[name], value) for name, value in expected.items())
        case list(), list():
            return len(actual) == len(expected) and all(map(_matches, actual, expected))
        case _:
            return actual == expected
