"""All descriptions of the API agree with it: the document, the page, the template and the documentation."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenticai.stack.template import Template
from api_handler.access import OPEN_PATHS
from api_handler.api import build_document, build_resolver, render_page
from api_handler.problems import CONTENT_TYPE, TYPES, ProblemKind
from shared.models.answers import ProblemView
from shared.models.project import ProjectSummary
from shared.models.template import TemplateSummary
from shared.storage.table import INDEX_PARTITION, INDEX_SORT, Index
from tests.fakes.api import FakeApi
from tests.routes import list_routes

ROOT = Path(__file__).parents[3]
DOCUMENTATION = (ROOT / "docs" / "api.md").read_text("utf-8")
DESCRIBED = json.loads(build_document())
DEPLOYED = Template.load().document["Resources"]


def test_the_template_declares_each_route_and_no_other() -> None:
    declared = {(route.method, route.path.replace("+}", "}")) for route in list_routes(Template.load())}
    served = {(route.method.lower(), route.openapi_path) for route in build_resolver()._static_routes}
    served |= {(route.method.lower(), route.openapi_path) for route in build_resolver()._dynamic_routes}
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


ALWAYS = "429 500 503"
OPERATIONS = {
    "GET /api/projects": ("projects listProjects List projects", "200 400 401 422", ""),
    "POST /api/projects": ("projects createProject Create a project", "201 400 401 413 415 422", "NewProject"),
    "GET /api/projects/{project_id}": ("projects getProject Read a project", "200 401 404 422", ""),
    "PUT /api/projects/{project_id}": (
        "projects renameProject Rename a project", "200 400 401 404 412 413 415 422 428", "ProjectChange",
    ),
    "DELETE /api/projects/{project_id}": ("projects deleteProject Delete a project", "204 401 404 422", ""),
    "GET /api/projects/{project_id}/archive": (
        "results getArchive Get all files as a zip", "200 401 404 422", "",
    ),
    "POST /api/projects/{project_id}/deploy": (
        "projects deployProject Package a project again", "202 401 404 409 422", "",
    ),
    "GET /api/projects/{project_id}/deployments": (
        "results listDeployments List the deployments", "200 400 401 404 422", "",
    ),
    "GET /api/projects/{project_id}/events": ("results listEvents Read the timeline", "200 400 401 404 422", ""),
    "GET /api/projects/{project_id}/files": ("results listFiles List the files", "200 400 401 404 422", ""),
    "GET /api/projects/{project_id}/files/{path}": ("results getFile Read a file", "200 401 404 422", ""),
    "POST /api/projects/{project_id}/modify": (
        "projects modifyProject Request a change", "202 400 401 404 409 413 415 422", "Modification",
    ),
    "GET /api/projects/{project_id}/plan": ("results getPlan Read the plan", "200 401 404 422", ""),
    "POST /api/projects/{project_id}/retry": ("projects retryProject Retry a project", "202 401 404 409 422", ""),
    "GET /api/projects/{project_id}/tests": ("results listTests List the tests", "200 400 401 404 422", ""),
    "GET /api/templates": ("templates listTemplates List the templates", "200 400 401 422", ""),
    "GET /api/templates/{template_id}": ("templates getTemplate Read a template", "200 401 404 422", ""),
    "GET /health": ("health getHealth Check that the API is alive", "200", ""),
    "GET /health/deep": (
        "health getDeepHealth Check that the API reaches all of its dependencies", "200 401", "",
    ),
}  # fmt: skip
"""Of each operation its tag, name and title, its statuses except those that each has, and the schema of its body."""


def named(operation: Any) -> tuple[str, str, str]:
    """Return what `OPERATIONS` says of an operation."""
    (tag,) = operation["tags"]
    statuses = sorted({*operation["responses"]} - {*ALWAYS.split()})
    body = operation.get("requestBody", {"content": {"application/json": {"schema": {"$ref": ""}}}})
    schema = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return f"{tag} {operation['operationId']} {operation['summary']}", " ".join(statuses), schema


def test_every_operation_has_its_title_its_statuses_and_its_body() -> None:
    described = {
        f"{method.upper()} {path}": operation
        for path, methods in DESCRIBED["paths"].items()
        for method, operation in methods.items()
    }
    assert {name: named(operation) for name, operation in described.items()} == OPERATIONS
    assert all({*ALWAYS.split()} <= {*operation["responses"]} for operation in described.values())


Parameter = tuple[str, bool, dict[str, Any]]
"""Where a parameter is, whether it is required, and its schema."""

ULID_PARAMETER: Parameter = ("path", True, {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"})
CURSOR_PARAMETER: Parameter = ("query", False, {"type": "string"})
KEY_PARAMETER: Parameter = ("header", False, {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"})
LONG_LIMIT: Parameter = ("query", False, {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100})
PARAMETERS: dict[str, dict[str, Parameter]] = {
    "createProject": {"idempotency-key": KEY_PARAMETER},
    "listProjects": {
        "limit": ("query", False, {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
        "status": ("query", False, {"$ref": "#/components/schemas/ProjectStatus"}),
        "cursor": CURSOR_PARAMETER,
    },
    "renameProject": {
        "project_id": ULID_PARAMETER,
        "if-match": ("header", False, {"type": "string", "maxLength": 200}),
    },
    "deployProject": {
        "project_id": ULID_PARAMETER,
        "unproven": ("query", False, {"type": "boolean", "default": False}),
        "idempotency-key": KEY_PARAMETER,
    },
    **{
        name: {"project_id": ULID_PARAMETER, "idempotency-key": KEY_PARAMETER}
        for name in ("modifyProject", "retryProject")
    },
    **{name: {"project_id": ULID_PARAMETER} for name in ("getProject", "deleteProject", "getPlan", "getArchive")},
    "getFile": {"project_id": ULID_PARAMETER, "path": ("path", True, {"type": "string"})},
    **{
        name: {"project_id": ULID_PARAMETER, "limit": LONG_LIMIT, "cursor": CURSOR_PARAMETER}
        for name in ("listFiles", "listTests", "listDeployments", "listEvents")
    },
    "listTemplates": {"limit": LONG_LIMIT, "cursor": CURSOR_PARAMETER},
    "getTemplate": {"template_id": ("path", True, {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"})},
    "getHealth": {},
    "getDeepHealth": {},
}


def test_every_parameter_has_its_place_its_type_its_bounds_and_its_default() -> None:
    described = {
        operation["operationId"]: {
            parameter["name"]: (
                parameter["in"],
                parameter["required"],
                {name: each for name, each in parameter["schema"].items() if name not in {"title", "description"}},
            )
            for parameter in operation.get("parameters", ())
        }
        for methods in DESCRIBED["paths"].values()
        for operation in methods.values()
    }
    assert described == PARAMETERS


def test_the_document_says_what_it_is_where_it_applies_and_how_to_authenticate() -> None:
    assert set(DESCRIBED) == {"openapi", "info", "servers", "security", "paths", "components"}
    assert (DESCRIBED["info"]["title"], DESCRIBED["info"]["version"]) == ("AgenticAI", "1")
    assert DESCRIBED["info"]["description"].startswith("Requirements become software")
    assert DESCRIBED["servers"] == [{"url": "."}]
    assert DESCRIBED["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert build_document() == json.dumps(DESCRIBED, separators=(",", ":")), "without needless spaces"


def test_the_schema_of_problems_is_one_of_the_documents() -> None:
    schemas = DESCRIBED["components"]["schemas"]
    assert schemas["Problem"]["title"] == "Problem"
    assert "$defs" not in schemas["Problem"]


@pytest.mark.parametrize(
    ("operation", "status", "description"),
    [
        ("get /health", "429", "Too many requests at once; try again in a moment."),
        ("get /health", "500", "The API failed; report the request_id."),
        (
            "get /health",
            "503",
            "A service that the API depends on does not answer; Retry-After says when to try again.",
        ),
        ("get /api/projects", "400", "The cursor does not belong to this list."),
        ("get /api/projects", "401", "The token is missing or wrong."),
        ("get /api/projects", "422", "A value is invalid; `errors` says which."),
        ("post /api/projects", "400", "The body cannot be read."),
        ("post /api/projects", "413", "The body is too large."),
        ("post /api/projects", "415", "The body is not declared as JSON."),
        ("get /api/projects/{project_id}", "404", "The resource does not exist."),
        ("put /api/projects/{project_id}", "412", "The project has changed since you read it."),
        ("put /api/projects/{project_id}", "428", "If-Match is missing."),
        ("post /api/projects/{project_id}/deploy", "409", "Not allowed in the project's current status."),
    ],
)
def test_every_status_is_explained(operation: str, status: str, description: str) -> None:
    method, path = operation.split()
    answer = DESCRIBED["paths"][path][method]["responses"][status]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert answer == {"description": description, "content": problem}


def test_a_docstring_becomes_a_title_and_a_description_on_one_line() -> None:
    deploy = DESCRIBED["paths"]["/api/projects/{project_id}/deploy"]["post"]
    assert deploy["description"].startswith("The project must be COMPLETED or NEEDS_REVIEW. Its current")
    assert "\n" not in deploy["description"]
    assert "description" not in DESCRIBED["paths"]["/api/projects/{project_id}/plan"]["get"]
    deleted = DESCRIBED["paths"]["/api/projects/{project_id}"]["delete"]["responses"]["204"]
    assert deleted == {"description": "The project is deleted.", "content": {}}


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
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', build_document()))
    assert names <= set(DESCRIBED["components"]["schemas"])


def test_the_page_shows_every_operation_and_loads_nothing() -> None:
    for path in DESCRIBED["paths"]:
        assert path in render_page()
    assert not re.search(r"<script|<link|src=|url\(|https?://", render_page())
    ids = re.findall(r' id="([^"]+)"', render_page())
    assert set(re.findall(r'href="#([^"]+)"', render_page())) <= set(ids)
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
