"""What follows a deployment: the API is asked whether it is healthy, and what served before comes back if not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.errors import ApiError, SettingsError
from agenticai.commands.deploy import Where, await_healthy, parse_parameters
from agenticai.display.console import Display
from agenticai.stack.errors import DeployError

if TYPE_CHECKING:
    from agenticai.client.stack import DeployedStack


class FakeDeployed:
    """A deployed stack whose API is healthy after so many questions; notes the versions that are to serve."""

    def __init__(self, healthy_after: int) -> None:
        self._left = healthy_after
        self.served: dict[str, str] = {}
        self.target = self
        self.outputs = self
        self.stage = "test"

    @contextmanager
    def api(self) -> "Iterator[FakeDeployed]":
        yield self

    def check_health(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise ApiError("the bucket does not answer", 503)

    def client(self, service: str) -> "FakeDeployed":
        assert service == "lambda"
        return self

    def update_alias(self, **alias: Any) -> None:
        self.served[alias["FunctionName"]] = alias["FunctionVersion"]


def awaited(fake: FakeDeployed, before: Mapping[str, str]) -> list[float]:
    waited: list[float] = []
    await_healthy(Display(as_json=True), cast("DeployedStack", fake), before, waited.append)
    return waited


def test_a_healthy_api_is_asked_once() -> None:
    assert awaited(FakeDeployed(0), {"pm": "1"}) == []


def test_one_that_starts_slowly_is_asked_again() -> None:
    fake = FakeDeployed(3)
    assert len(awaited(fake, {"pm": "1"})) == 3
    assert fake.served == {}


def test_what_served_before_comes_back_where_it_stays_unhealthy() -> None:
    fake = FakeDeployed(1_000_000)
    with pytest.raises(DeployError, match=r"the bucket does not answer\); the versions of before serve again"):
        awaited(fake, {"pm": "1", "dev": "4"})
    assert fake.served == {"pm": "1", "dev": "4"}


def test_a_first_deployment_has_nothing_to_go_back_to() -> None:
    with pytest.raises(DeployError, match="there is no version of before"):
        awaited(FakeDeployed(1_000_000), {})


def test_lines_to_paste_lead_to_the_same_region_and_credentials() -> None:
    assert Where("aws", "prod").settings == ""
    assert Where("aws", "prod", "eu-west-1", "my own").settings == "AWS_PROFILE='my own' AWS_DEFAULT_REGION=eu-west-1 "


def test_parameters_are_names_and_values() -> None:
    assert parse_parameters(["LogLevel=DEBUG", "AllowedOrigin="]) == {"LogLevel": "DEBUG", "AllowedOrigin": ""}


@pytest.mark.parametrize("given", ["LogLevel", "Stage=prod", "Unknown=1"])
def test_what_is_no_parameter_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="is no parameter of the template"):
        parse_parameters([given])
