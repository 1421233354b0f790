"""The two secrets of a stage, SecureStrings in Parameter Store: CloudFormation cannot make those."""

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
"""How long the API takes the token before a new one, too."""


@dataclass(frozen=True)
class Secrets:
    """The secrets that a deployment is given; None keeps what is stored. Neither is ever shown."""

    gemini_api_key: str | None = field(default=None, repr=False)
    api_token: str | None = field(default=None, repr=False)


def gemini_api_key_parameter(stage: str) -> str:
    """Return the name of the parameter with a stage's key for the Gemini API."""
    return f"/agenticai/{stage}/gemini-api-key"


def api_token_parameter(stage: str) -> str:
    """Return the name of the parameter with the token of a stage's API."""
    return f"/agenticai/{stage}/api-token"


def new_token() -> str:
    """Return 256 random bits as text that a header can carry."""
    return secrets.token_urlsafe(32)


def find_unstored(
    ssm: SSMClient, stage: str, given: Secrets, make_token: Callable[[], str] = new_token
) -> Mapping[str, str]:
    """Return the parameters to write, by name: what is given and not stored, and a token where there is none.

    Raises DeployError if there is no Gemini API key, neither given nor stored.
    """
    key_name, token_name = gemini_api_key_parameter(stage), api_token_parameter(stage)
    answer = ssm.get_parameters(Names=[key_name, token_name], WithDecryption=True)
    stored = {parameter["Name"]: parameter["Value"] for parameter in answer["Parameters"]}
    if given.gemini_api_key is None and key_name not in stored:
        raise DeployError(f"The stage {stage} has no Gemini API key yet: give one with the first deployment.")
    wanted = {
        key_name: given.gemini_api_key or stored.get(key_name),
        token_name: given.api_token or stored.get(token_name) or make_token(),
    }
    return {name: value for name, value in wanted.items() if value and value != stored.get(name)}


def store(ssm: SSMClient, parameters: Mapping[str, str]) -> None:
    """Write parameters as SecureStrings, over what they held."""
    for name, value in parameters.items():
        ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def rotate(ssm: SSMClient, stage: str, make_token: Callable[[], str] = new_token) -> str:
    """Store a new API token and return it; the one before stays valid for OLD_TOKEN_VALID, for callers to change over.

    Two rotations revoke a token that leaked. Raises NotDeployedError if there is none yet.
    """
    read_api_token(ssm, stage)
    token = make_token()
    store(ssm, {api_token_parameter(stage): token})
    return token


def read_api_token(ssm: SSMClient, stage: str) -> str:
    """Return the token that the stage's API asks for. Raises NotDeployedError if there is none."""
    try:
        return ssm.get_parameter(Name=api_token_parameter(stage), WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound as error:
        raise NotDeployedError(f"The stage {stage} has no API token: deploy it first.") from error
