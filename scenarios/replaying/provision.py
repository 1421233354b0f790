"""What the factory made, deployed as a stack of its own with the template that the factory wrote for it."""

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from agenticai.client.api import ProjectsApi
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.errors import StepFailed
from agenticai.stack import events, waiting
from agenticai.stack.changeset import ChangeSets, message
from agenticai.stack.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

PACKAGE: Final = "package.zip"
"""What the template calls the package that lies beside it."""

REQUEST: Final[dict[str, Any]] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"}},
    "isBase64Encoded": False,
}
"""The least of what an HTTP API sends (payload format 2.0):
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html"""


def provision(bench: Bench, api: ProjectsApi, project_id: str) -> str | None:
    """Deploy a project's newest package, ask each of its functions once, and take the stack away again.

    Returns None, or why this target cannot run what was deployed. Raises `StepFailed` when it is not deployed or a
    function fails.
    """
    template = _template(bench, api, project_id)
    name = f"made-{project_id.lower()}"
    cloudformation = bench.target.client("cloudformation")
    try:
        _deploy(bench, name, template)
        return _asked(bench, cloudformation, name)
    except (ClientError, DeployError) as error:
        said = message(error) if isinstance(error, ClientError) else str(error)
        raise StepFailed(f"the template of project {project_id} was not deployed: {said}") from error
    finally:
        cloudformation.delete_stack(StackName=name)


def _template(bench: Bench, api: ProjectsApi, project_id: str) -> str:
    """The template, with the package where the factory stored it."""
    packaged = [deployment for deployment in api.deployments(project_id) if deployment.template_url]
    if not packaged:
        raise StepFailed(f"project {project_id} has no template: it was not packaged, or as what is not deployed")
    newest = packaged[-1]
    stored = f"s3://{bench.outputs.bucket_name}/deployments/{project_id}/{newest.revision}/{PACKAGE}"
    return api.download(str(newest.template_url)).decode().replace(f"CodeUri: {PACKAGE}", f"CodeUri: {stored}")


def _deploy(bench: Bench, name: str, template: str) -> None:
    cloudformation, polling = bench.target.client("cloudformation"), bench.target.polling
    change_set = ChangeSets(cloudformation, name, polling, waiting.pause).create("create", template, {})
    stream = events.EventStream(cloudformation, change_set.stack_id)
    cloudformation.execute_change_set(ChangeSetName=change_set.arn)
    status, seen = events.follow(cloudformation, stream, change_set.stack_id, lambda _: None, polling, waiting.pause)
    if status != "CREATE_COMPLETE":
        cause = events.first_failure(seen)
        raise DeployError(f"{cause.logical_id} failed, because {cause.reason}" if cause else f"the stack is {status}")


def _asked(bench: Bench, cloudformation: "CloudFormationClient", name: str) -> str | None:
    """Ask each function of the stack for its root; None if none fails, or why it could not be asked."""
    functions = bench.target.client("lambda")
    for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]:
        if resource["ResourceType"] != "AWS::Lambda::Function":
            continue
        function = resource["PhysicalResourceId"]
        runtime = functions.get_function_configuration(FunctionName=function)["Runtime"]
        if bench.target.runs_functions_here and not runtime.startswith("python"):
            return f"its function was deployed and not run, because this target runs no {runtime}"
        answer = functions.invoke(FunctionName=function, Payload=json.dumps(REQUEST))
        if "FunctionError" in answer:
            raise StepFailed(f"the function that was deployed failed: {answer['Payload'].read().decode()}")
    return None
