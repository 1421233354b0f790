"""The project that an event, a result or a path belongs to."""

import json

import pytest
from pydantic import JsonValue

from agenticai.emulator.meter.attribution import find_event_project, find_project, find_result_project, list_message_ids

ONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TWO = "01BX5ZZKBKACTAV9WEVGEMMVRZ"


@pytest.mark.parametrize(
    "event",
    [
        {"project_id": ONE},
        {"Records": [{"body": json.dumps({"project_id": ONE, "keys": [f"projects/{ONE}/a.py"]})}]},
        {"Records": [{"body": json.dumps({"Message": json.dumps({"project_id": ONE})})}]},
        {"path": f"/api/projects/{ONE}/files", "httpMethod": "GET"},
    ],
)
def test_an_event_names_its_project(event: JsonValue) -> None:
    assert find_event_project(event) == ONE


@pytest.mark.parametrize(
    "event",
    [
        None,
        {"id": ONE},
        {"project_id": "short"},
        {"project_id": ONE + "0"},
        {"Records": [{"body": json.dumps({"project_id": one})} for one in (ONE, TWO)]},
    ],
)
def test_an_event_that_names_none_or_several_belongs_to_no_project(event: JsonValue) -> None:
    assert find_event_project(event) is None


def test_only_a_create_requests_result_names_its_project() -> None:
    body = json.dumps({"project_id": ONE})
    assert find_result_project({"statusCode": 201, "body": body}) == ONE
    assert find_result_project({"statusCode": 202, "headers": {"Location": f"/api/projects/{ONE}"}}) == ONE
    assert find_result_project({"statusCode": 200, "body": body}) is None
    assert find_result_project(body) is None


def test_a_key_names_its_project() -> None:
    assert find_project(f"/bucket/projects/{ONE}/src/app.py") == ONE


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ({"Records": [{"messageId": "1", "body": "{}"}, {"messageId": "2"}]}, ("1", "2")),
        ({"Records": [{"s3": {}}, "1"]}, ()),
        ({"Records": "1"}, ()),
        ({"requestContext": {}}, ()),
        (["1"], ()),
    ],
)
def test_the_messages_of_an_event_are_those_of_its_records(event: JsonValue, ids: tuple[str, ...]) -> None:
    assert list_message_ids(event) == ids
