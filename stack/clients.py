"""The boto3 clients of a target: for AWS with the user's own settings, for an emulator without them."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agenticai.stack.target import Target

REGION = "us-east-1"

_GLOBAL = frozenset({"freetier"})
"""AWS services that exist only in us-east-1."""

# Emulators use a twelve-digit access key as the account's number, and accept any secret.
EMULATOR_ACCOUNT = "000000000000"


class ClientCache:
    """The boto3 clients of one target. A session is not thread-safe; its clients are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None

    def get(self, service: str, target: Target) -> Any:
        """Return the client of a service, created on first use."""
        with self._lock:
            if service not in self._clients:
                self._session = self._session or _make_session(target)
                make_client = self._make_for_emulator if target.endpoint_url else self._make_for_aws
                self._clients[service] = make_client(self._session, service, target)
            return self._clients[service]

    def close(self) -> None:
        """Close the connections of all clients, and drop the clients."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    @staticmethod
    def _make_for_aws(session: boto3.Session, service: str, target: Target) -> Any:
        create: Any = session.client
        options: Any = {"ignore_configured_endpoint_urls": True}  # a variable may name an emulator
        retries: Any = {"mode": "standard", "total_max_attempts": 5}
        config = Config(connect_timeout=5, read_timeout=60, retries=retries, **options)
        return create(service, region_name=REGION if service in _GLOBAL else target.region, config=config)

    @staticmethod
    def _make_for_emulator(session: boto3.Session, service: str, target: Target) -> Any:
        create: Any = session.client
        return create(
            service,
            endpoint_url=target.endpoint_url,
            region_name=target.region,
            verify=_find_certificates(),
            aws_access_key_id=EMULATOR_ACCOUNT,
            aws_secret_access_key="emulator",  # noqa: S106 (no secret: an emulator takes any)
            config=Config(
                connect_timeout=2,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": 3},
                # A name such as bucket.localhost may not resolve, and proxies do not reach an emulator on this machine.
                s3={"addressing_style": "path"},
                proxies={},
                use_fips_endpoint=False,
                use_dualstack_endpoint=False,
            ),
        )


def _make_session(target: Target) -> boto3.Session:
    if target.endpoint_url:
        return boto3.Session(botocore_session=_make_plain_session())
    return boto3.Session(profile_name=target.profile or None)


def _make_plain_session() -> botocore.session.Session:
    """Return a session that ignores the user's own AWS profiles, files and variables.

    An emulator needs none of them, and a setting that AWS's SDK refuses would make every call fail.
    """
    variables: Mapping[str, tuple[Any, ...]] = botocore.session.Session.SESSION_VARIABLES
    defaults = {name: (None, None, default, converted) for name, (_, _, default, converted) in variables.items()}
    absent = (None, None, os.devnull, None)
    session = botocore.session.Session({**defaults, "config_file": absent, "credentials_file": absent})
    session.register_component("data_loader", _make_loader())
    return session


@cache
def _make_loader() -> Loader:
    """Return a cached loader of service descriptions, as reading one takes far longer than most calls."""
    return create_loader()


def _find_certificates() -> str | bool:
    """Return the CA bundle for an emulator's certificate: the file that a variable names, else the default."""
    paths = (os.environ.get(name, "").strip() for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"))
    return next(filter(None, paths), True)
