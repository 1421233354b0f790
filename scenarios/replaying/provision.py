"""What the factory made, deployed as a stack of its own with the template that the factory wrote for it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from agenticai.client.api import ProjectsApi
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import StepFailed
from agenticai.stack.changeset import message
from agenticai.stack.deploying import StackDefinition, deploy_stack
from agenticai.stack.errors import StackError
from agenticai.stack.template import Template
from shared.models import layout

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
        deploy_stack(bench.target, name, StackDefinition(template))
        return _ask_functions(bench, cloudformation, name)
    except (ClientError, StackError) as error:
        said = message(error) if isinstance(error, ClientError) else str(error)
        raise StepFailed(f"the template of project {project_id} was not deployed: {said}") from error
    finally:
        cloudformation.delete_stack(StackName=name)


def _template(bench: Bench, api: ProjectsApi, project_id: str) -> Template:
    """Return the template, with the package where the factory stored it."""
    packaged = [deployment for deployment in api.deployments(project_id) if deployment.template_url]
    if not packaged:
        raise StepFailed(f"project {project_id} has no template: it was not packaged, or as what is not deployed")
    newest = packaged[-1]
    stored = f"s3://{bench.outputs.bucket_name}/{layout.deployment_object(project_id, newest.revision, PACKAGE)}"
    text = api.download(str(newest.template_url)).decode().replace(f"CodeUri: {PACKAGE}", f"CodeUri: {stored}")
    return Template.parse(text, Path("template.yaml"))


def _ask_functions(bench: Bench, cloudformation: "CloudFormationClient", name: str) -> str | None:
    """Ask each function of the stack for its root; None if none fails, or why it could not be asked."""
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
            raise StepFailed(f"the function that was deployed failed: {answer['Payload'].read().decode()}")
    return None
