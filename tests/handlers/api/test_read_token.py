"""Reading the token from Parameter Store: missing versions, missing permissions, and retryable errors."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from api_handler.composition import read_token
from shared.models.errors import Retryable

NAME = "/agenticai/dev/api-token"
AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def ssm() -> Any:
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client("ssm", "eu-central-1", aws_access_key_id="any", aws_secret_access_key="any", config=once)


@pytest.mark.parametrize(("version", "asked"), [(None, NAME), (2, f"{NAME}:2")])
def test_a_version_is_read_by_its_number(ssm: Any, version: int | None, asked: str) -> None:
    with Stubber(ssm) as stub:
        found = {"Parameter": {"Name": NAME, "Value": "secret", "Version": 2, "LastModifiedDate": AT}}
        stub.add_response("get_parameter", found, {"Name": asked, "WithDecryption": True})
        assert read_token(ssm, NAME, version) == ("secret", 2, AT)


@pytest.mark.parametrize("code", ["ParameterNotFound", "ParameterVersionNotFound", "AccessDeniedException"])
def test_an_older_version_that_is_gone_or_may_not_be_read_is_none(ssm: Any, code: str) -> None:
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", code)
        assert read_token(ssm, NAME, 1) is None


@pytest.mark.parametrize(
    ("version", "code"), [(None, "AccessDeniedException"), (None, "ThrottlingException"), (1, "ThrottlingException")]
)
def test_what_may_be_there_is_to_be_tried_again(ssm: Any, version: int | None, code: str) -> None:
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", code)
        with pytest.raises(Retryable, match=code):
            read_token(ssm, NAME, version)


@pytest.mark.parametrize("version", [None, 1])
def test_a_parameter_store_that_cannot_be_reached_is_to_be_tried_again(ssm: Any, version: int | None) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="ssm")

    ssm.meta.events.register("before-send", unreachable)
    with pytest.raises(Retryable, match="the token could not be read: Could not connect"):
        read_token(ssm, NAME, version)


@pytest.mark.parametrize("code", ["ParameterNotFound", "ParameterVersionNotFound"])
def test_a_newest_version_that_is_gone_is_none(ssm: Any, code: str) -> None:
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", code)
        assert read_token(ssm, NAME, None) is None
