"""The problem document for each error, and its limits."""

import json

import pytest
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from api_handler.api import find_problem
from api_handler.problems import Problem, ProblemKind, invalid, not_found, unauthorized, unavailable


@pytest.mark.parametrize(
    ("problem", "status", "detail", "headers"),
    [
        (not_found("project"), 404, "There is no such project.", {}),
        (
            unauthorized(),
            401,
            "The token is missing, wrong, or no longer valid: send the header `Authorization: Bearer <token>`.",
            {"WWW-Authenticate": 'Bearer realm="agenticai"'},
        ),
        (unavailable(), 503, "Try again in a few seconds.", {"Retry-After": "5"}),
    ],
)
def test_what_is_told(problem: Problem, status: int, detail: str, headers: dict[str, str]) -> None:
    assert (problem.kind.status, problem.detail, problem.headers) == (status, detail, headers)


def test_a_document_has_all_members() -> None:
    document = json.loads(Problem(ProblemKind.NOT_NOW, "It runs.", project="p").render_document("r-1"))
    assert document == {
        "type": "urn:agenticai:problem:not-now",
        "title": "Conflict",
        "status": 409,
        "detail": "It runs.",
        "request_id": "r-1",
        "project": "p",
    }


@pytest.mark.parametrize(
    ("count", "detail"),
    [
        (1, "/0: wrong"),
        (3, "/0: wrong; /1: wrong; /2: wrong"),
        (4, "/0: wrong; /1: wrong; /2: wrong; and 1 more"),
        (25, "/0: wrong; /1: wrong; /2: wrong; and 22 more"),
    ],
)
def test_the_first_faults_are_named_and_the_others_counted(count: int, detail: str) -> None:
    problem = invalid(*({"pointer": f"/{number}", "detail": "wrong"} for number in range(count)))
    assert (problem.kind, problem.detail) == (ProblemKind.INVALID, detail)
    assert len(problem.members["errors"]) == min(count, 20)


def test_a_fault_names_the_parameter_or_the_body() -> None:
    problem = invalid({"parameter": "limit", "detail": "too large"}, {"pointer": "", "detail": "no object"})
    assert problem.detail == "limit: too large; the body: no object"


def test_what_a_caller_chose_is_cut() -> None:
    problem = invalid({"pointer": "/" + "x" * 300, "detail": "wrong"})
    assert len(problem.members["errors"][0]["pointer"]) == 200
    problem = invalid({"parameter": "limit", "detail": "x" * 201})
    assert problem.members["errors"] == [{"parameter": "limit", "detail": "x" * 200}]


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (("query", "limit"), {"parameter": "limit"}),
        (("header", "If-Match"), {"parameter": "If-Match"}),
        (("query", "limit", 0), {"parameter": "limit.0"}),
        (("body",), {"pointer": ""}),
        (("body", "files", 2, "a/b~c"), {"pointer": "/files/2/a~1b~0c"}),
    ],
)
def test_a_refused_value_is_named_by_its_place(place: tuple[str | int, ...], fault: dict[str, str]) -> None:
    problem = find_problem(RequestValidationError([{"loc": place, "msg": "Value error, too large"}]))
    assert (problem.kind, problem.members["errors"]) == (ProblemKind.INVALID, [{**fault, "detail": "too large"}])
