"""Schemathesis with the served OpenAPI document: no 5xx, and no answers that the document does not describe."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from api_handler.api import build_document as described_by_the_code
from api_handler.requests import Requests
from shared.identifiers import new_ulid, now
from shared.items import make_metadata_key
from shared.models.workflow import ProjectStatus
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.table import Update
from tests.integration.cloud import NEVER_SECONDS

Case = AnyCase[Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(run_dir=tmp_path_factory.mktemp("contract") / "run") as stack:
        yield stack


@pytest.fixture(scope="module")
def document(running: Bench) -> Any:
    """The document as served."""
    url = running.outputs.api_url
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", timeout=NEVER_SECONDS)
    schema.config.update(base_url=url, request_timeout=NEVER_SECONDS)
    return schema


@pytest.fixture(scope="module")
def idle_project(running: Bench) -> Callable[[], str]:
    """Return a function that creates a project on which no agent works."""
    table = DynamoDbTable(running.target.client("dynamodb"), running.outputs.table_name)
    requests = Requests(table, clock=now, identifiers=new_ulid)

    def make() -> str:
        project = requests.create("finished", "Nobody is asked to make this one.", "request").project
        table.write(Update(make_metadata_key(project.id), set={"status": ProjectStatus.COMPLETED}))
        return project.id

    return make


def operations() -> dict[str, Any]:
    """Return all operations of the API by id, with their paths."""
    paths = json.loads(described_by_the_code())["paths"]
    return {
        operation["operationId"]: {**operation, "path": path}
        for path, methods in paths.items()
        for operation in methods.values()
    }


OPERATIONS = operations()
WITH_INPUT = [name for name, operation in OPERATIONS.items() if {"parameters", "requestBody"} & set(operation)]
ABOUT_A_PROJECT = [name for name, operation in OPERATIONS.items() if "{project_id}" in operation["path"]]


Check = Callable[[SearchStrategy[Case], Callable[[Case], object]], None]


@pytest.fixture(scope="module")
def most_cases() -> int:
    """The maximum number of cases per operation."""
    return 6


@pytest.fixture(scope="module")
def check(most_cases: int) -> Check:
    """Return a function that validates a limited number of cases, the same ones every time."""
    bounded = settings(
        max_examples=most_cases,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return partial(_check, bounded)


def _check(bounded: settings, cases: SearchStrategy[Case], validate: Callable[[Case], object]) -> None:
    @bounded
    @given(cases)
    def each(case: Case) -> None:
        validate(case)

    each()


def test_the_served_document_is_that_of_the_code(document: Any) -> None:
    assert document.raw_schema == json.loads(described_by_the_code())


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_request_that_keeps_the_contract_is_answered_by_it(
    running: Bench, document: Any, check: Check, name: str
) -> None:
    cases = document.find_operation_by_id(name).as_strategy(generation_mode=GenerationMode.POSITIVE)
    check(cases, lambda case: case.call_and_validate(headers=bearer(running), checks=CHECKS))


@pytest.mark.handlers
@pytest.mark.parametrize("name", WITH_INPUT)
def test_a_request_that_breaks_the_contract_is_refused_by_it(
    running: Bench, document: Any, check: Check, name: str
) -> None:
    cases = document.find_operation_by_id(name).as_strategy(generation_mode=GenerationMode.NEGATIVE)
    checks = [*CHECKS, negative_data_rejection]
    check(cases, lambda case: case.call_and_validate(headers=bearer(running), checks=checks))


@pytest.mark.handlers
@pytest.mark.parametrize("name", ABOUT_A_PROJECT)
def test_any_request_about_a_project_is_answered_as_documented(
    running: Bench, document: Any, check: Check, idle_project: Callable[[], str], name: str
) -> None:
    def validate(case: Case) -> None:
        case.path_parameters["project_id"] = idle_project()
        case.call_and_validate(headers=bearer(running), checks=CHECKS)

    check(document.find_operation_by_id(name).as_strategy(), validate)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"getHealth"}))
def test_no_request_passes_without_the_token(document: Any, check: Check, name: str) -> None:
    def validate(case: Case) -> None:
        answer = case.call(headers={})
        assert answer.status_code == 401
        case.validate_response(answer, checks=CHECKS)

    check(document.find_operation_by_id(name).as_strategy(), validate)


def bearer(running: Bench) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.token}"}
