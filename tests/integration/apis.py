"""Deployed APIs for tests of what pages may do: each answers all requests with one body."""

import uuid
from types import TracebackType
from typing import Any, Self

from tests.integration.cloud import Cloud
from tests.sessions import new_session

HEADER = "method.response.header.Access-Control-Allow-Origin"
SOURCE = """
import os
ALLOWED = os.environ.get("ALLOWED_ORIGIN")
HEADERS = {{"Content-Type": {kind!r}}} | ({{"Access-Control-Allow-Origin": ALLOWED}} if ALLOWED else {{}})
def handler(event, context):
    return {{"statusCode": 200, "headers": HEADERS, "body": {body!r}}}
"""


class Apis:
    """Creates APIs on an engine; each is deployed with its allowed origins, in one of the possible ways.

    Their `functions` have the role with this name; if it is not in IAM, every API may invoke them.
    """

    def __init__(self, cloud: Cloud, *, role: str = "any") -> None:
        session = new_session()
        self.cloud = cloud
        self.role = role
        self.functions: list[str] = []
        self.rest: Any = session.client("apigateway", endpoint_url=cloud.endpoint_url)
        self.http: Any = session.client("apigatewayv2", endpoint_url=cloud.endpoint_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rest.close()
        self.http.close()

    def deploy_rest(
        self, body: str = "hello", *, kind: str = "text/html", variable: str = "", declared: str = ""
    ) -> str:
        """Deploy a REST API whose function has the variable, or with preflights that have a declared header."""
        api = self.rest.create_rest_api(name=uuid.uuid4().hex)["id"]
        route = {"restApiId": api, "resourceId": self.rest.get_resources(restApiId=api)["items"][0]["id"]}
        function = self._function(body, kind, variable)
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        for method in ("GET", "POST", "OPTIONS"):
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

    def deploy_http(self, allowed: str, body: str = "hello") -> str:
        """Deploy an HTTP API with CORS rules."""
        rules = {"AllowOrigins": [allowed], "AllowMethods": ["POST"]}
        api = self.http.create_api(Name=uuid.uuid4().hex, ProtocolType="HTTP", CorsConfiguration=rules)["ApiId"]
        behind = {"IntegrationUri": self._function(body, "text/plain"), "PayloadFormatVersion": "2.0"}
        made = self.http.create_integration(ApiId=api, IntegrationType="AWS_PROXY", **behind)["IntegrationId"]
        self.http.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{made}")
        self.http.create_stage(ApiId=api, StageName="v1", AutoDeploy=True)
        return str(api)

    def _function(self, body: str, kind: str, variable: str = "") -> str:
        name = self.cloud.deploy(SOURCE.format(body=body, kind=kind), role=self.role, ALLOWED_ORIGIN=variable)
        self.functions.append(name)
        return self.cloud.lambda_.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
