"""AWS by botocore's models: clients that answer from a script, with every request and answer checked."""

from collections.abc import Mapping
from typing import Any, cast

import boto3
from botocore.stub import Stubber

from agenticai.stack.target import Target
from agenticai.stack.waiting import Polling

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
ME = {"UserId": "AROAEXAMPLE:me", "Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me"}


class StubbedTarget:
    """A target with clients of real AWS, each of which accepts only the expected requests, in order."""

    region = "eu-central-1"
    endpoint_url = ""
    name = "aws"
    address = "AWS in eu-central-1"
    polling = Polling(first=0.01, longest=0.01, limit=1)

    def __init__(self) -> None:
        self._stubs: dict[str, tuple[Any, Stubber]] = {}

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        return self._stubbed(service)[0]

    def answer(self, service: str, operation: str, answer: Mapping[str, Any], **request: Any) -> None:
        """Expect this as a service's next request, and answer it."""
        self._stubbed(service)[1].add_response(operation, answer, request or None)

    def refuse(self, service: str, operation: str, code: str, message: str = "no", status: int = 400) -> None:
        """Expect this operation as a service's next request, and refuse it."""
        self._stubbed(service)[1].add_client_error(operation, code, message, status)

    def assert_all_asked(self) -> None:
        """Check that every expected request was made."""
        for _, stub in self._stubs.values():
            stub.assert_no_pending_responses()

    @property
    def target(self) -> Target:
        """Return this object with the type that it stands for."""
        return cast("Target", self)

    def _stubbed(self, service: str) -> tuple[Any, Stubber]:
        if service not in self._stubs:
            create: Any = boto3.client
            client = create(service, self.region, aws_access_key_id="any", aws_secret_access_key="any")
            stub = Stubber(client)
            stub.activate()
            self._stubs[service] = client, stub
        return self._stubs[service]
