"""The two secrets of a stage, SecureStrings in Parameter Store, which CloudFormation cannot create."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from agenticai.stack.errors import DeployError, NotDeployedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_ssm import SSMClient

OLD_TOKEN_VALID: Final = timedelta(days=1)
"""How long the API accepts the previous token after a rotation."""


@dataclass(frozen=True)
class Secrets:
    """The secrets given to a deployment; None keeps the stored one. Neither is ever shown."""

    gemini_api_key: str | None = field(default=None, repr=False)
    api_token: str | None = field(default=None, repr=False)


def name_gemini_api_key_parameter(stage: str) -> str:
    """Return the name of the parameter with a stage's Gemini API key."""
    return f"/agenticai/{stage}/gemini-api-key"


def name_api_token_parameter(stage: str) -> str:
    """Return the name of the parameter with a stage's API token."""
    return f"/agenticai/{stage}/api-token"


def generate_token() -> str:
    """Return 256 random bits as text that is valid in a header."""
    return secrets.token_urlsafe(32)


def find_unstored(
    ssm: SSMClient, stage: str, given: Secrets, make_token: Callable[[], str] = generate_token
) -> Mapping[str, str]:
    """Return the parameters to write, by name: given secrets that are not stored, and a token if there is none.

    Raises DeployError if there is no Gemini API key, neither given nor stored.
    """
    key_name, token_name = name_gemini_api_key_parameter(stage), name_api_token_parameter(stage)
    answer = ssm.get_parameters(Names=[key_name, token_name], WithDecryption=True)
    stored = {parameter["Name"]: parameter["Value"] for parameter in answer["Parameters"]}
    if given.gemini_api_key is None and key_name not in stored:
        raise DeployError(f"The stage {stage} has no Gemini API key yet: give one with the first deployment.")
    values = {
        key_name: given.gemini_api_key or stored.get(key_name),
        token_name: given.api_token or stored.get(token_name) or make_token(),
    }
    return {name: value for name, value in values.items() if value and value != stored.get(name)}


def store(ssm: SSMClient, parameters: Mapping[str, str]) -> None:
    """Write parameters as SecureStrings, replacing their values."""
    for name, value in parameters.items():
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def rotate(ssm: SSMClient, stage: str, make_token: Callable[[], str] = generate_token) -> str:
    """Store a new API token and return it; the previous one stays valid for OLD_TOKEN_VALID, so callers can change.

    Rotate twice to revoke a leaked token. Raises NotDeployedError if there is no token yet.
    """
    read_api_token(ssm, stage)
    token = make_token()
    store(ssm, {name_api_token_parameter(stage): token})
    return token


def read_api_token(ssm: SSMClient, stage: str) -> str:
    """Return the token of the stage's API. Raises NotDeployedError if there is none."""
    try:
        return ssm.get_parameter(Name=name_api_token_parameter(stage), WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound as error:
        raise NotDeployedError(f"The stage {stage} has no API token: deploy it first.") from error
