"""Secrets are written when given or missing, never twice, and are never shown."""

from typing import TYPE_CHECKING, cast

import pytest

from agenticai.stack.errors import DeployError, NotDeployedError
from agenticai.stack.secrets import (
    OLD_TOKEN_VALID,
    Secrets,
    find_unstored,
    generate_token,
    read_api_token,
    rotate,
    store,
)
from api_handler.tokens import GRACE
from tests.stack.fakes import FakeParameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ssm import SSMClient

KEY, TOKEN = "/agenticai/dev/gemini-api-key", "/agenticai/dev/api-token"


def pending(fake: FakeParameters, given: Secrets) -> "Mapping[str, str]":
    return find_unstored(cast("SSMClient", fake), "dev", given, make_token=lambda: "made")


def test_the_first_deployment_stores_the_key_and_makes_a_token() -> None:
    fake = FakeParameters()
    writes = pending(fake, Secrets(gemini_api_key="key"))
    store(cast("SSMClient", fake), writes)
    assert fake.stored == {KEY: "key", TOKEN: "made"}
    assert fake.types == {"SecureString"}


def test_what_is_stored_is_kept() -> None:
    assert pending(FakeParameters(gemini_api_key="key", api_token="token"), Secrets()) == {}


def test_what_is_given_replaces_what_is_stored() -> None:
    stored = FakeParameters(gemini_api_key="key", api_token="token")
    assert pending(stored, Secrets(gemini_api_key="new", api_token="token")) == {KEY: "new"}


def test_without_a_key_nothing_is_deployed() -> None:
    with pytest.raises(DeployError, match="no Gemini API key"):
        pending(FakeParameters(), Secrets(api_token="token"))


def test_secrets_are_not_in_their_representation() -> None:
    assert "hidden" not in repr(Secrets(gemini_api_key="hidden", api_token="hidden"))


def test_tokens_are_long_and_differ() -> None:
    assert len(generate_token()) >= 43
    assert generate_token() != generate_token()


def test_a_rotation_stores_a_new_token_over_the_old_one() -> None:
    fake = FakeParameters(gemini_api_key="key", api_token="old")
    assert rotate(cast("SSMClient", fake), "dev", make_token=lambda: "made") == "made"
    assert fake.stored == {KEY: "key", TOKEN: "made"}
    assert read_api_token(cast("SSMClient", fake), "dev") == "made"


def test_what_was_never_deployed_has_no_token_to_rotate() -> None:
    with pytest.raises(NotDeployedError):
        rotate(cast("SSMClient", FakeParameters()), "dev")


def test_a_rotation_promises_what_the_api_keeps() -> None:
    assert OLD_TOKEN_VALID == GRACE
