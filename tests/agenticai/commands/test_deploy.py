"""After a deployment the API's health is checked, and the previous versions are restored if it is not healthy."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.errors import ApiError, SettingsError
from agenticai.commands.deploy import (
    StageLocation,
    await_healthy,
    parse_parameters,
    restore_versions_on_failure,
    run_trial_project,
)
from agenticai.display.console import Display
from agenticai.stack.errors import DeployError
from shared.models.workflow import ProjectStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_lambda import LambdaClient

    from agenticai.client.stack import DeployedStack


class FakeDeployed:
    """A deployed stack whose API is healthy after a number of checks; records the restored versions."""

    def __init__(self, healthy_after: int, statuses: "Sequence[ProjectStatus]" = ()) -> None:
        self._left = healthy_after
        self._statuses = iter(statuses)
        self.id, self.name, self.failure = "1", "Greeting", None
        self.status = ProjectStatus.CREATED
        self.deleted: list[str] = []
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

    def create(self, *_: str) -> "FakeDeployed":
        return self

    def get(self, _: str) -> "FakeDeployed":
        self.status = next(self._statuses)
        return self

    def delete(self, project_id: str) -> None:
        self.deleted.append(project_id)

    def update_alias(self, **alias: Any) -> None:
        self.served[alias["FunctionName"]] = alias["FunctionVersion"]


def awaited(fake: FakeDeployed) -> list[float]:
    waited: list[float] = []
    await_healthy(Display(as_json=True), cast("DeployedStack", fake), waited.append)
    return waited


def test_a_healthy_api_is_asked_once() -> None:
    assert awaited(FakeDeployed(0)) == []


def test_one_that_starts_slowly_is_asked_again() -> None:
    assert len(awaited(FakeDeployed(3))) == 3


def test_what_served_before_comes_back_where_it_stays_unhealthy() -> None:
    fake = FakeDeployed(1_000_000)
    with (
        pytest.raises(DeployError, match=r"the bucket does not answer\); the previous versions were restored\."),
        restore_versions_on_failure(cast("LambdaClient", fake), {"pm": "1", "dev": "4"}),
    ):
        awaited(fake)
    assert fake.served == {"pm": "1", "dev": "4"}


def test_a_first_deployment_has_nothing_to_go_back_to() -> None:
    fake = FakeDeployed(1_000_000)
    with (
        pytest.raises(DeployError, match="there is no previous version"),
        restore_versions_on_failure(cast("LambdaClient", fake), {}),
    ):
        awaited(fake)


def test_what_is_well_goes_on_serving() -> None:
    fake = FakeDeployed(0)
    with restore_versions_on_failure(cast("LambdaClient", fake), {"pm": "1"}):
        awaited(fake)
    assert fake.served == {}


def tried(*statuses: ProjectStatus) -> FakeDeployed:
    fake = FakeDeployed(0, list(statuses))
    run_trial_project(Display(as_json=True), cast("DeployedStack", fake), lambda _: None)
    return fake


def test_a_project_is_tried_out_and_deleted() -> None:
    assert tried(ProjectStatus.PLANNING, ProjectStatus.TESTING, ProjectStatus.COMPLETED).deleted == ["1"]


def test_one_that_fails_is_kept_to_be_looked_at() -> None:
    with pytest.raises(DeployError, match=r"failed \(FAILED\); the project 1 stays, with its files, to be looked at"):
        tried(ProjectStatus.PLANNING, ProjectStatus.FAILED)


def test_one_that_never_ends_is_told() -> None:
    with pytest.raises(DeployError, match=r"the trial project could not be run .*; the project 1 stays"):
        tried(*[ProjectStatus.PLANNING] * 10_000)


def test_lines_to_paste_lead_to_the_same_region_and_credentials() -> None:
    assert StageLocation("aws", "prod").settings == ""
    assert (
        StageLocation("aws", "prod", "eu-west-1", "my own").settings
        == "AWS_PROFILE='my own' AWS_DEFAULT_REGION=eu-west-1 "
    )


def test_parameters_are_names_and_values() -> None:
    assert parse_parameters(["LogLevel=DEBUG", "AllowedOrigin="]) == {"LogLevel": "DEBUG", "AllowedOrigin": ""}


@pytest.mark.parametrize("given", ["LogLevel", "Stage=prod", "Unknown=1"])
def test_what_is_no_parameter_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="is not a template parameter"):
        parse_parameters([given])
