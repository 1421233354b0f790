"""Reads the model's API key from Parameter Store for each call, so that a new key is used as soon as it is stored."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from shared.language_model.port import LanguageModel, ModelUnavailable, ModelUnusable, Prompt, Remaining, Reply
from shared.language_model.redaction import Redaction

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

ReadKey = Callable[[], str]
"""Reads the key; raises `ModelUnusable` if it does not exist, `ModelUnavailable` if it cannot be read now."""


class KeyedModel:
    """A model that reconnects when its key has changed, and whose replies and errors never show the key."""

    def __init__(self, read_key: ReadKey, connect: Callable[[str], LanguageModel]) -> None:
        self._read_key = read_key
        self._connected = lru_cache(maxsize=1)(connect)

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        key = self._read_key()
        redaction = Redaction(key)
        try:
            return redaction.redact_reply(self._connected(key).generate(prompt, remaining))
        except Exception as error:  # noqa: BLE001 - raised again, without the key
            raise redaction.redact_error(error) from None


def read_key(client: "SSMClient", name: str) -> str:
    """Return the key in a SecureString parameter."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        key = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"].strip()
    except client.exceptions.ParameterNotFound as error:
        raise ModelUnusable(f"there is no API key for the model in {name}; store one and try again") from error
    except (ClientError, BotoCoreError) as error:
        raise ModelUnavailable(f"the model's API key could not be read: {error}") from error
    if not key:
        raise ModelUnusable(f"the API key for the model in {name} is empty; store one and try again")
    return key
