"""The boto3 clients of an engine."""

from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"  # the engine takes a twelve-digit access key for the account's number


class Clients:
    """Makes each client once; leaving the `with` block closes them."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = boto3.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="embedded",  # noqa: S106 - no secret: the engine takes any
            region_name=REGION,
        )
        # No proxy leads to this machine, and a name such as bucket.localhost need not resolve.
        self._config = Config(proxies={}, s3={"addressing_style": "path"})
        self._made: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._made.values():
            client.close()

    def get(self, service: str) -> Any:
        """The client of a service by boto3's name for it."""
        if service not in self._made:
            create: Any = self._session.client
            self._made[service] = create(service, endpoint_url=self._endpoint_url, config=self._config)
        return self._made[service]
