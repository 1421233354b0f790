"""All descriptions of the API agree with it: the document, the page, the template and the documentation."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.stack.template import Template
from api_handler.access import OPEN_PATHS
from api_handler.api import document, page, resolver
from api_handler.problems import CONTENT_TYPE, TYPES, ProblemKind
from shared.models.answers import ProblemView
from shared.models.project import ProjectSummary
from shared.models.template import TemplateSummary
from shared.storage.table import INDEX_PARTITION, INDEX_SORT, Index
from tests.fakes.api import FakeApi
from tests.routes import list_routes

ROOT = Path(__file__).parents[3]
DOCUMENTATION = (ROOT / "docs" / "api.md").read_text("utf-8")
DESCRIBED = json.loads(document())
DEPLOYED = Template.load().document["Resources"]


def test_the_template_declares_each_route_and_no_other() -> None:
    declared = {(route.method, route.path.replace("+}", "}")) for route in list_routes(Template.load())}
    served = {(route.method.lower(), route.openapi_path) for route in resolver()._static_routes}
    served |= {(route.method.lower(), route.openapi_path) for route in resolver()._dynamic_routes}
    assert {route for route in declared if route[0] != "options"} == served


def test_every_operation_has_a_name_of_its_own_and_says_who_may_call() -> None:
    operations = {
        operation["operationId"]: (path, operation)
        for path, methods in DESCRIBED["paths"].items()
        for operation in methods.values()
    }
    assert all(re.fullmatch(r"[a-z]+[A-Za-z]+", name) for name in operations)
    for path, operation in operations.values():
        assert (path in OPEN_PATHS) == (operation.get("security") == [])
        assert ("401" in operation["responses"]) == (path not in OPEN_PATHS)
    assert DESCRIBED["security"] == [{"bearer": []}]


def test_every_error_is_a_problem() -> None:
    for methods in DESCRIBED["paths"].values():
        for operation in methods.values():
            errors = [answer for status, answer in operation["responses"].items() if status >= "400"]
            assert all(list(answer["content"]) == ["application/problem+json"] for answer in errors)


OPERATION = {"tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "security"}
PARAMETER = {"name", "in", "description", "required", "schema", "examples"}


def test_the_document_has_the_members_that_openapi_defines_and_says_what_each_is_for() -> None:
    operations = [operation for methods in DESCRIBED["paths"].values() for operation in methods.values()]
    answers = [answer for operation in operations for answer in operation["responses"].values()]
    headers = [header for answer in answers for header in answer.get("headers", {}).values()]
    parameters = [parameter for operation in operations for parameter in operation.get("parameters", ())]
    bodies = [operation["requestBody"] for operation in operations if "requestBody" in operation]
    contents = [content for each in (*answers, *bodies) for content in each.get("content", {}).values()]
    for parts, known in (
        (operations, OPERATION),
        (answers, {"description", "headers", "content"}),
        (headers, {"description", "schema"}),
        (parameters, PARAMETER),
        (bodies, {"description", "required", "content"}),
        (contents, {"schema", "examples"}),
    ):
        assert parts
        assert set().union(*parts) <= known
    assert all(part["description"] for part in (*answers, *headers, *parameters))


TOLD = {
    "Problem": {
        "type": "stable; docs/api.md lists all types",
        "errors": "only for `invalid`: the values that were refused",
        "project_id": "the project that was stored, if its work could not be queued",
        "checks": "only for `unhealthy`: the result of each check",
    },
    "Fault": {
        "pointer": "a JSON pointer into the body (RFC 6901)",
        "parameter": "name of the path, query or header parameter",
    },
    "TimelineEvent": {"work": "sort key of the work item", "status": "the project's status after the event"},
    "TriedFunction": {
        "handler": "in Lambda's notation",
        "passed": "null if it could not be tried",
        "seen": "what happened when it was tried, or why it was not tried, in a sentence",
    },
    "NewProject": {"template": "id of a template, whose requirements come before these"},
    "ArchiveView": {"size": "in bytes", "files": "number of files in the archive"},
    "FileView": {"size": "in bytes"},
    "DeploymentView": {
        "package_size": "in bytes",
        "proof": "what happened when the package was tried, in a sentence",
        "proven": "whether the package passed; null if nothing was tried",
        "tried": "the result of trying each function",
        "unproven": "whether the project is completed even if its package fails when it is tried",
    },
    "TemplateSummary": {"description": "one sentence"},
    "ProjectPage": {"next": "cursor of the next page; null on the last page"},
}


@pytest.mark.parametrize("schema", TOLD)
def test_what_a_members_name_does_not_tell_is_said(schema: str) -> None:
    properties = DESCRIBED["components"]["schemas"][schema]["properties"]
    described = {name: member["description"] for name, member in properties.items() if "description" in member}
    assert described == TOLD[schema]


def test_a_project_asks_for_requirements_or_a_template_and_problems_have_an_example() -> None:
    schemas = DESCRIBED["components"]["schemas"]
    assert schemas["NewProject"]["anyOf"] == [
        {"required": [name], "properties": {name: {"type": "string"}}} for name in ("requirements", "template")
    ]
    assert schemas["Problem"]["title"] == "Problem"
    assert schemas["Problem"]["properties"]["type"]["examples"] == ["urn:agenticai:problem:not-found"]


def _find_types(part: object) -> Iterator[object]:
    """Yield what the schemas in a part of the document say that a value is."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str):
            yield part["type"]
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        yield from _find_types(each)


def test_the_schemas_of_powertools_errors_are_left_out() -> None:
    assert [name for name in DESCRIBED["components"]["schemas"] if name.endswith("ValidationError")] == []


def test_a_page_has_a_default_and_a_maximum_of_items() -> None:
    operations = [methods["get"] for methods in DESCRIBED["paths"].values() if "get" in methods]
    limits = {
        operation["operationId"]: (parameter["schema"]["default"], parameter["schema"]["maximum"])
        for operation in operations
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "limit"
    }
    others = ("listDeployments", "listEvents", "listFiles", "listTemplates", "listTests")
    assert limits == {"listProjects": (20, 100), **dict.fromkeys(others, (100, 1000))}


def test_the_paths_are_sorted() -> None:
    assert list(DESCRIBED["paths"]) == sorted(DESCRIBED["paths"])


def test_no_parameter_may_be_null() -> None:
    operations = [operation for methods in DESCRIBED["paths"].values() for operation in methods.values()]
    schemas = [parameter["schema"] for operation in operations for parameter in operation.get("parameters", ())]
    assert all("anyOf" not in schema and ("type" in schema or "$ref" in schema) for schema in schemas)
    assert "null" not in {*_find_types(schemas)}


def test_every_type_is_one_of_json_schemas() -> None:
    answers = [
        answer
        for methods in DESCRIBED["paths"].values()
        for each in methods.values()
        for answer in each["responses"].values()
    ]
    headers = [header for answer in answers for header in answer.get("headers", {}).values()]
    assert {header["schema"]["type"] for header in headers} == {"string"}
    assert {*_find_types(DESCRIBED["paths"])} <= {"string", "integer", "boolean", "null", "object", "array", "number"}


def test_a_project_that_was_begun_says_where_it_is_and_each_its_version() -> None:
    paths = DESCRIBED["paths"]
    assert set(paths["/api/projects"]["post"]["responses"]["201"]["headers"]) == {"ETag", "Location"}
    assert set(paths["/api/projects/{project_id}"]["get"]["responses"]["200"]["headers"]) == {"ETag"}


def test_a_files_text_is_text() -> None:
    answer = DESCRIBED["paths"]["/api/projects/{project_id}/files/{path}"]["get"]["responses"]["200"]
    assert answer["content"] == {"text/plain": {"schema": {"type": "string"}}}


def test_every_list_pages_and_names_what_a_page_is() -> None:
    lists = {path: methods["get"] for path, methods in DESCRIBED["paths"].items() if "get" in methods}
    lists = {path: get for path, get in lists.items() if get["operationId"].startswith("list")}
    assert len(lists) == 6
    for get in lists.values():
        page = get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        assert page.endswith("Page")
        assert set(DESCRIBED["components"]["schemas"][page]["required"]) == {"items", "next"}
        assert {"limit", "cursor"} <= {parameter["name"] for parameter in get["parameters"]}
        assert "400" in get["responses"]


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', document()))
    assert names <= set(DESCRIBED["components"]["schemas"])


def test_the_page_shows_every_operation_and_loads_nothing() -> None:
    for path in DESCRIBED["paths"]:
        assert path in page()
    assert not re.search(r"<script|<link|src=|url\(|https?://", page())
    ids = re.findall(r' id="([^"]+)"', page())
    assert set(re.findall(r'href="#([^"]+)"', page())) <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_documentation_names_every_problem_with_its_status() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", DOCUMENTATION, re.MULTILINE))
    for kind in ProblemKind:
        assert rows.pop(kind.urn.rsplit(":", 1)[1]) == str(kind.status.value)
    assert list(rows) == ["filtered", "too-many-requests"]


def test_what_the_gateway_answers_itself_is_a_documented_problem_with_the_same_headers() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", DOCUMENTATION, re.MULTILINE))
    responses = DEPLOYED["Api"]["Properties"]["GatewayResponses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "REQUEST_TOO_LARGE", "THROTTLED", "WAF_FILTERED"} == set(responses)
    ours = FakeApi().call("GET", "/health").headers
    for response in responses.values():
        problem = ProblemView.model_validate_json(response["ResponseTemplates"]["application/json"])
        assert rows[problem.type.removeprefix(TYPES)] == str(problem.status) == str(response["StatusCode"])
        headers = response["ResponseParameters"]["Headers"]
        assert headers.pop("Content-Type") == f"'{CONTENT_TYPE}'"
        assert headers.pop("Access-Control-Allow-Origin")["Fn::If"][0] == "AllowsAnOrigin"
        assert ("Retry-After" in headers) == (problem.status in {429, 503})
        headers.pop("Retry-After", None)
        assert headers == {name: f"'{ours[name.lower()]}'" for name in headers}
        assert {"Cache-Control", "Strict-Transport-Security", "X-Content-Type-Options"} <= set(headers)


def test_the_indexes_hold_what_a_list_shows() -> None:
    table = DEPLOYED["Table"]["Properties"]
    shown = set(ProjectSummary.model_fields) - {"tokens"} | {"model_calls", "prompt_tokens", "output_tokens"}
    for index in table["GlobalSecondaryIndexes"]:
        keys = [key["AttributeName"] for key in index["KeySchema"]]
        assert keys == [INDEX_PARTITION[Index(index["IndexName"])], INDEX_SORT]
        held = {*index["Projection"]["NonKeyAttributes"], *keys}
        assert shown <= held
        assert "requirements" not in held
        if index["IndexName"] == Index.ALL:
            assert set(TemplateSummary.model_fields) <= held
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
