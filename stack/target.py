"""The targets to which a stack can be deployed, and how to reach each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Self, overload
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ProfileNotFound

from agenticai.stack.clients import REGION, ClientCache
from agenticai.stack.errors import TargetError
from agenticai.stack.platform import AS_NAMED, HERE, LAMBDA, FunctionsOn
from agenticai.stack.waiting import Polling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient


AWS = "aws"

EMBEDDED_ENDPOINT = "http://127.0.0.1:4566"

_SOON = Polling(first=0.05, longest=0.5, limit=900)
_LATER = Polling(first=1, longest=10, limit=3600)


class Capability(StrEnum):
    """What a target can do beyond the AWS API."""

    GEMINI = "gemini"
    """It serves the Gemini API below `/_gemini`."""
    METER = "meter"
    """It counts AWS calls."""
    CONTROL = "control"
    """It has a control API below `/_harness`, which reports usage and applies faults."""
    STEPS = "steps"
    """It delivers messages one by one, and skips time."""
    CONTENTS = "contents"
    """It shows the messages in queues without receiving them, and their past numbers."""
    INVOCATIONS = "invocations"
    """It reports functions' activity and finished invocations."""
    PERMISSIONS = "permissions"
    """It reports what functions' roles grant, and which grants were used."""
    METRICS = "metrics"
    """It measures queues and functions as CloudWatch does, and calculates billed usage."""


@dataclass(frozen=True)
class Target:
    """A place for stacks. Create one with `embedded`, `gateway`, `endpoint` or `aws`.

    `endpoint_url` is empty for AWS itself, where `profile` names one of the user's profiles. `functions_on` is the
    platform of functions, and `functions_url` their address for the endpoint if it differs. `mounts_layers` tells
    whether a function's layers exist when it runs.
    """

    name: str
    endpoint_url: str
    region: str = REGION
    capabilities: frozenset[Capability] = frozenset()
    functions_on: FunctionsOn = AS_NAMED
    profile: str = ""
    functions_url: str = ""
    mounts_layers: bool = True
    polling: Polling = _SOON
    _clients: ClientCache = field(default_factory=ClientCache, repr=False, compare=False)

    @classmethod
    def embedded(cls, endpoint_url: str = EMBEDDED_ENDPOINT) -> Self:
        """Return the engine that runs in a process on this machine, without Docker or an account."""
        of_a_bench = frozenset(Capability) - {Capability.METRICS}
        return cls("embedded", _check_url(endpoint_url), capabilities=of_a_bench, functions_on=HERE)

    @classmethod
    def gateway(
        cls,
        name: str,
        endpoint_url: str,
        capabilities: frozenset[Capability],
        functions_url: str = "",
        functions_on: str = "",
    ) -> Self:
        """Return an engine behind our gateway; `name` says which.

        `functions_url` is the endpoint's address for its functions, by default the same as for others. `functions_on`
        is their platform, as `FunctionsOn.parse` reads it. Raises TargetError and BuildError.
        """
        return cls(
            name,
            _check_url(endpoint_url),
            capabilities=capabilities,
            functions_on=FunctionsOn.parse(functions_on),
            functions_url=functions_url,
            mounts_layers=not functions_on.startswith(LAMBDA),
        )

    @classmethod
    def endpoint(cls, endpoint_url: str) -> Self:
        """Return an emulator that speaks the AWS API at this URL and runs functions as Lambda would."""
        return cls(endpoint_url, _check_url(endpoint_url))

    @classmethod
    def aws(cls, region: str = "", profile: str = "") -> Self:
        """Return AWS itself, with the user's own credentials and, without `region`, the user's default region.

        `profile` names one of the user's profiles; by default it is AWS_PROFILE, or the default profile. Raises
        TargetError if there is no such profile.
        """
        try:
            session = boto3.Session(profile_name=profile or None)
        except ProfileNotFound as error:
            profile_name = profile or os.environ.get("AWS_PROFILE", "")
            raise TargetError(
                f"There is no profile {profile_name}: `aws configure list-profiles` lists the existing ones."
            ) from error
        region_name = region or session.region_name or REGION
        return cls(AWS, "", region_name, frozenset({Capability.METRICS}), profile=profile, polling=_LATER)

    @property
    def address(self) -> str:
        """The address, for people."""
        return self.endpoint_url or f"AWS in {self.region}"

    def api_url(self, api_id: str, stage: str) -> str:
        """Return the base URL of a REST API's stage."""
        if not self.endpoint_url:
            return f"https://{api_id}.execute-api.{self.region}.{self._dns_suffix}/{stage}"
        return f"{self.endpoint_url}/_aws/execute-api/{api_id}/{stage}"

    def http_api_url(self, api_id: str) -> str:
        """Return the base URL of an HTTP API's default stage."""
        if not self.endpoint_url:
            return f"https://{api_id}.execute-api.{self.region}.{self._dns_suffix}"
        return self.api_url(api_id, "$default")

    def object_url(self, bucket: str, key: str) -> str:
        """Return the address at which the target itself reads an S3 object, such as a template."""
        if not self.endpoint_url:
            return f"https://{bucket}.s3.{self.region}.{self._dns_suffix}/{key}"
        return f"{self.endpoint_url}/{bucket}/{key}"

    @property
    def _dns_suffix(self) -> str:
        """The domain suffix of hosts in the region's AWS partition."""
        host = urlsplit(self.client("cloudformation").meta.endpoint_url).hostname or ""
        return host.partition(f".{self.region}.")[2]

    @property
    def function_variables(self) -> Mapping[str, str]:
        """Variables for functions that would not otherwise reach our gateway."""
        needs_gateway_url = Capability.METER in self.capabilities and Capability.STEPS not in self.capabilities
        return {"AWS_ENDPOINT_URL": self.functions_url or self.endpoint_url} if needs_gateway_url else {}

    @property
    def gemini_endpoint(self) -> str:
        """The base URL of the target's own Gemini API; empty if functions call Google."""
        return f"{self.functions_url or self.endpoint_url}/_gemini" if Capability.GEMINI in self.capabilities else ""

    @overload
    def client(self, service: Literal["apigateway"]) -> APIGatewayClient: ...
    @overload
    def client(self, service: Literal["cloudformation"]) -> CloudFormationClient: ...
    @overload
    def client(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    def client(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["s3"]) -> S3Client: ...
    @overload
    def client(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    def client(self, service: Literal["ssm"]) -> SSMClient: ...
    @overload
    def client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    def client(self, service: str) -> Any: ...
    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, which is created once and thread-safe."""
        return self._clients.get(service, self)

    def close(self) -> None:
        """Close the connections of all clients; later calls of `client` return new ones."""
        self._clients.close()


def _check_url(url: str) -> str:
    """Return the URL without a trailing slash. Raises TargetError unless it is an HTTP address."""
    refusal = f"{url!r} is not the address of an engine: give one such as {EMBEDDED_ENDPOINT}."
    try:
        parts = urlsplit(url)
        is_complete = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as error:  # for an invalid port, and for brackets without an address
        raise TargetError(refusal) from error
    if (
        not is_complete
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
        or any(c.isspace() or not c.isascii() for c in url)
    ):
        raise TargetError(refusal)
    return url.rstrip("/")
