"""Authentication, the parts of a request that are read, and the headers of every answer."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api_handler import bodies
from api_handler.headers import add_headers
from api_handler.problems import Problem
from api_handler.service import Service
from shared.models.errors import Retryable
from tests.fakes.api import REQUIREMENTS, TOKEN, FakeApi

PROJECT = "/api/projects/" + "0" * 26
ROUTES = [
    ("GET", "/api/projects"), ("POST", "/api/projects"), ("GET", PROJECT), ("PUT", PROJECT), ("DELETE", PROJECT),
    ("POST", f"{PROJECT}/modify"), ("POST", f"{PROJECT}/deploy"), ("POST", f"{PROJECT}/retry"),
    ("GET", f"{PROJECT}/plan"), ("GET", f"{PROJECT}/files"), ("GET", f"{PROJECT}/files/a.py"),
    ("GET", f"{PROJECT}/archive"), ("GET", f"{PROJECT}/tests"), ("GET", f"{PROJECT}/deployments"),
    ("GET", f"{PROJECT}/events"), ("GET", "/api/templates"), ("GET", "/api/templates/a"), ("GET", "/health/deep"),
    ("GET", "/no/such/path"), ("PATCH", "/api/projects"), ("GET", "/health/../api/projects"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "ä" * 20, "\ud800", "x" * 100_000])
def test_without_the_token_nothing_is_answered(method: str, path: str, token: str | None) -> None:
    answer = FakeApi().call(method, path, raw="{", token=token)
    assert (answer.status, answer.problem) == (401, "unauthorized")
    assert answer.json["detail"].startswith("The token is missing, wrong, or no longer valid: send the header")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic the-token", "the-token", "Bearer", "Bearerthe-token"])
def test_only_the_bearer_scheme_counts(header: str) -> None:
    assert FakeApi().call("GET", "/api/projects", token=None, authorization=header).status == 401


@pytest.mark.parametrize("path", ["/health", "/health/", "/openapi.json", "/docs"])
def test_what_is_open_needs_no_token(path: str) -> None:
    assert FakeApi().call("GET", path, token=None).status == 200


def body(**fields: object) -> str:
    return json.dumps({"name": "demo", "requirements": REQUIREMENTS, **fields})


@pytest.mark.parametrize(
    ("raw", "status", "problem", "says"),
    [
        ("{", 400, "malformed", "not JSON: Expecting property name enclosed in double quotes at character 2."),
        ("[]", 400, "malformed", "not a JSON object"),
        ('[{"name": "demo"}]', 400, "malformed", "not a JSON object"),
        ("null", 400, "malformed", "not a JSON object"),
        ('{"name": NaN}', 400, "malformed", "number"),
        ('{"name": ' + "9" * 5000 + "}", 400, "malformed", "number"),
        ('{"name": ' + "[" * 100_000 + "]" * 100_000 + "}", 400, "malformed", "nested too deeply"),
        ('{"name": "one", "name": "two"}', 400, "malformed", "two members of the same name"),
        ('{"name": {"a": 1, "a": 1}}', 400, "malformed", "two members of the same name"),
        ('{"name": "\ufffd"}', 400, "malformed", "UTF-8"),
        (body(name="x" * 300_000), 413, "too-large", "larger than 262144 bytes"),
        ("", 422, "invalid", "the body: Field required"),
        ("{}", 422, "invalid", "/name"),
        (body(name=1e308), 422, "invalid", "/name"),
        (body(name=["demo"]), 422, "invalid", "/name"),
        (body(name="x" * 101), 422, "invalid", "/name"),
        (body(name="a\x00b"), 422, "invalid", "U+0000"),
        (body(name="a\u202eb"), 422, "invalid", "U+202E"),
        (body(name="a\u200bb"), 422, "invalid", "U+200B"),
        (body(name="two\nlines"), 422, "invalid", "U+000A"),
        (body(name="   "), 422, "invalid", "blank"),
        (body(requirements="too short"), 422, "invalid", "/requirements"),
        (body(requirements="bell \x07 and more"), 422, "invalid", "U+0007"),
        (body(requirements="hidden \U000e0041 text"), 422, "invalid", "U+E0041"),
        (body(requirements="\ufeff\u200b\u2028\f" * 5), 422, "invalid", "blank"),
        (body(name="a\U000e0041b"), 422, "invalid", "U+E0041"),
        (body(requirements="x" * 20_001), 422, "invalid", "/requirements"),
        ('{"name": "\\ud800", "requirements": "0123456789"}', 422, "invalid", "/name"),
        ('{"name": "\ud800", "requirements": "0123456789"}', 422, "invalid", "/name"),
        (body(extra=1), 422, "invalid", "/extra"),
        ('{"name": "demo"}', 422, "invalid", "give requirements, a template, or both"),
        (body(template="no-such"), 422, "invalid", "/template: there is no such template"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_with_the_reason(raw: str, status: int, problem: str, says: str) -> None:
    api = FakeApi()
    answer = api.call("POST", "/api/projects", raw=raw)
    assert (answer.status, answer.problem) == (status, problem)
    assert says in answer.json["detail"]
    assert api.table.items == {}
    assert api.faults == []


@pytest.mark.parametrize("depth", [10, 500, 990, 5_000, 20_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("field", ["name", "template", "extra"])
def test_no_depth_of_nesting_is_a_fault_of_the_api(depth: int, opening: str, closing: str, field: str) -> None:
    api = FakeApi()
    nested = opening * depth + "null" + closing * depth
    answer = api.call("POST", "/api/projects", raw=f'{{"requirements": "{REQUIREMENTS}", "{field}": {nested}}}')
    assert answer.status in {400, 422}
    assert api.faults == []


def sized(size: int) -> str:
    """Return a body of this many bytes."""
    return body(extra="x").replace('"x"', '"' + "x" * (size - len(body(extra=""))) + '"')


@pytest.mark.parametrize(("size", "problem"), [(256 * 1024, "invalid"), (256 * 1024 + 1, "too-large")])
def test_a_body_may_be_as_large_as_the_limit(size: int, problem: str) -> None:
    raw = sized(size)
    assert len(raw) == size
    assert FakeApi().call("POST", "/api/projects", raw=raw).problem == problem


def test_a_body_that_the_gateway_passes_as_base64_is_not_json() -> None:
    event = {"headers": {"content-type": "application/json"}, "body": body()}
    bodies.check(APIGatewayProxyEvent(event | {"isBase64Encoded": False}))
    with pytest.raises(Problem, match="Content-Type: application/json"):
        bodies.check(APIGatewayProxyEvent(event | {"isBase64Encoded": True}))


def test_a_body_without_a_content_type_is_not_json() -> None:
    with pytest.raises(Problem, match="Content-Type: application/json"):
        bodies.check(APIGatewayProxyEvent({"headers": {}, "body": body(), "isBase64Encoded": False}))


@pytest.mark.parametrize(
    ("headers", "left"),
    [(None, {}), ({"Content-Type": "x", "CONTENT-TYPE": "y"}, {}), ({"content-type": "x", "A": "b"}, {"A": "b"})],
)
def test_of_a_checked_request_only_the_content_type_is_dropped(headers: Any, left: dict[str, str]) -> None:
    assert bodies.drop_content_type({"headers": headers, "body": "{}"}) == {"headers": left, "body": "{}"}


NOT_JSON = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/mixed", ""]


@pytest.mark.parametrize("content_type", NOT_JSON)
def test_a_body_is_json_or_nothing(content_type: str) -> None:
    answer = FakeApi().call("POST", "/api/projects", raw=body(), content_type=content_type)
    assert (answer.status, answer.problem) == (415, "not-json")


@pytest.mark.parametrize("content_type", NOT_JSON)
def test_no_body_is_just_that_whatever_it_is_declared_as(content_type: str) -> None:
    answer = FakeApi().call("POST", "/api/projects", raw="", content_type=content_type)
    assert (answer.status, answer.problem) == (422, "invalid")


@pytest.mark.parametrize(
    "content_type", ["APPLICATION/JSON", "Application/Json;charset=utf-8", "application/json ;x=y"]
)
def test_a_media_type_is_the_same_in_any_case(content_type: str) -> None:
    assert FakeApi().call("POST", "/api/projects", raw=body(), content_type=content_type).status == 201


def test_text_in_any_language_is_taken_as_it_is() -> None:
    api = FakeApi()
    made = api.call("POST", "/api/projects", {"name": "café 日本 😀", "requirements": "多\tlines\r\nand 👩‍💻 שלום"})
    assert made.status == 201
    assert made.json["name"] == "café 日本 😀"
    assert made.json["requirements"] == "多\tlines\r\nand 👩‍💻 שלום"


def test_a_fault_says_where_it_is() -> None:
    api = FakeApi()
    errors = api.call("POST", "/api/projects", {"name": "", "requirements": "short"}).json["errors"]
    assert [error["pointer"] for error in errors] == ["/name", "/requirements"]
    errors = api.call("POST", "/api/projects", {"name": "demo", "a/b~c": 1}).json["errors"]
    assert errors == [{"pointer": "/a~1b~0c", "detail": "Extra inputs are not permitted"}], "by RFC 6901"
    errors = api.call("POST", "/api/projects", {"name": "demo"}).json["errors"]
    assert errors == [{"pointer": "", "detail": "give requirements, a template, or both"}]
    errors = api.call("GET", "/api/projects", query={"limit": "0", "status": "LOST"}).json["errors"]
    assert [error["parameter"] for error in errors] == ["limit", "status"]
    errors = api.call("GET", "/api/projects/nonsense").json["errors"]
    assert [error["parameter"] for error in errors] == ["project_id"]


def test_a_refusal_does_not_grow_with_what_was_sent() -> None:
    answer = FakeApi().call("POST", "/api/projects", {f"{'x' * 1000}{number}": 1 for number in range(200)})
    assert (answer.status, len(answer.json["errors"])) == (422, 20)
    assert answer.json["detail"].endswith("; and 198 more")
    assert len(answer.body) < 10_000


@pytest.mark.parametrize(
    "path",
    [
        "/api/projects/..%2f..%2fsecret", "/api/projects/%00", "/api/projects/" + "0" * 5000, "/api/projects/../x",
        f"{PROJECT}/files/..%2f..%2fother", f"{PROJECT}/files/../../other", f"{PROJECT}/files/%00",
        f"{PROJECT}/files/" + "a" * 5000, f"{PROJECT}/files/\x00", f"{PROJECT}/files//etc/passwd", f"{PROJECT}/files/",
        f"{PROJECT}%2Fevents", "//api//projects", "/", "/API/PROJECTS", "/api/templates/../projects",
    ],
)  # fmt: skip
def test_tricks_with_the_path_lead_nowhere(path: str) -> None:
    api = FakeApi()
    answer = api.call("GET", path)
    assert answer.status in {404, 422}
    assert answer.problem in {"not-found", "invalid"}
    assert api.faults == []


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "HEAD", "CONNECT", "BREW"])
def test_other_verbs_are_not_there(method: str) -> None:
    answer = FakeApi().call(method, "/api/projects")
    assert (answer.status, answer.json["detail"]) == (404, "There is no such resource.")


def test_a_fault_of_the_api_tells_its_request_id_and_nothing_else() -> None:
    api = FakeApi()
    api.table.items = None  # type: ignore[assignment]
    answer = api.call("GET", PROJECT)
    assert (answer.status, answer.problem) == (500, "internal")
    assert answer.json["detail"] == "The API failed; report the request_id."
    assert api.faults == ["a request could not be answered"]


def test_an_outage_behind_the_api_says_when_to_come_back() -> None:
    api = FakeApi()
    api.sent.broken = True
    answer = api.post()
    assert (answer.status, answer.problem) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"


def test_an_answer_that_is_not_as_documented_is_a_fault_of_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "get_template", lambda *_: {"id": "todo"})
    api = FakeApi()
    answer = api.call("GET", "/api/templates/todo")
    assert (answer.status, answer.problem) == (500, "internal")
    assert api.faults == ["a request could not be answered"]


SAFETY = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-request-id": "request-1",
}


@pytest.mark.parametrize(
    ("method", "path", "token"),
    [("GET", "/health", None), ("GET", "/api/projects", TOKEN), ("GET", "/api/projects", None),
     ("GET", "/lost", TOKEN), ("OPTIONS", "/api/projects", None), ("GET", "/docs", None)],
)  # fmt: skip
def test_every_answer_has_the_headers_of_safety_and_those_for_browsers(
    method: str, path: str, token: str | None
) -> None:
    page = "https://app.example.com"
    answer = FakeApi(allowed_origin=page).call(method, path, token=token, origin=page)
    assert set(SAFETY) <= set(answer.headers)
    assert answer.headers["access-control-allow-origin"] == page
    assert answer.headers["vary"] == "Origin"


def test_a_preflight_needs_no_token_and_names_what_may_be_sent() -> None:
    answer = FakeApi(allowed_origin="*").call("OPTIONS", PROJECT, token=None, origin="https://any.example.com")
    assert (answer.status, answer.body) == (204, "")
    assert answer.headers == SAFETY | {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, PUT, DELETE",
        "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, If-Match",
        "access-control-max-age": "600",
    }


def test_pages_of_the_allowed_origin_may_read_the_headers_that_a_client_needs() -> None:
    page = "https://app.example.com"
    answer = FakeApi(allowed_origin=page).call("GET", "/health", origin=page)
    assert answer.headers == SAFETY | {
        "content-type": "application/json",
        "access-control-allow-origin": page,
        "access-control-expose-headers": "ETag, Location, Retry-After, WWW-Authenticate, X-Request-Id",
        "vary": "Origin",
    }


@pytest.mark.parametrize(
    ("path", "content_type", "policy"),
    [
        ("/openapi.json", "application/json", "default-src 'none'; frame-ancestors 'none'"),
        (
            "/docs",
            "text/html; charset=utf-8",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ],
)
def test_the_apis_description_may_be_cached_and_its_page_has_styles(path: str, content_type: str, policy: str) -> None:
    answer = FakeApi().call("GET", path, token=None)
    assert answer.headers == SAFETY | {
        "content-type": content_type,
        "content-security-policy": policy,
        "cache-control": "public, max-age=300",
    }


def test_what_a_route_has_set_stays_and_an_answer_without_a_body_has_an_empty_one() -> None:
    request = APIGatewayProxyEvent({"requestContext": {"requestId": "r"}, "headers": {}, "httpMethod": "GET"})
    answer = add_headers({"statusCode": 204, "multiValueHeaders": {"cache-control": ["private"]}}, request, None)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["multiValueHeaders"]["cache-control"] == ["private"]
    assert "Cache-Control" not in answer["multiValueHeaders"]
    assert add_headers({"body": "text"}, request, None)["body"] == "text"


@pytest.mark.parametrize("allowed", [None, "https://app.example.com"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_pages_of_other_origins_may_read_nothing(allowed: str | None, method: str) -> None:
    answer = FakeApi(allowed_origin=allowed).call(method, "/api/projects", origin="https://evil.example.com")
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_the_deeper_check_names_what_does_not_answer_and_why_only_in_the_log() -> None:
    def lost() -> None:
        raise Retryable("endpoint 10.0.0.1 refused")

    assert FakeApi().call("GET", "/health/deep").json["checks"][0]["ok"] is True
    api = FakeApi(things={"table": lambda: None, "bucket": lost})
    answer = api.call("GET", "/health/deep")
    assert (answer.status, answer.problem) == (503, "unhealthy")
    assert {check["name"]: check["ok"] for check in answer.json["checks"]} == {"table": True, "bucket": False}
    assert "10.0.0.1" not in answer.body
    assert api.notes == ["bucket: endpoint 10.0.0.1 refused"]


@pytest.mark.parametrize("unseen", ["\ufeff", "\u00ad", "\u2028", "\u2029", "\u200b", "\u2060", "\f", "\u200d"])
def test_requirements_may_hold_what_editors_leave_in_a_text(unseen: str) -> None:
    api = FakeApi()
    for text in (
        f"{unseen}A program that greets.",
        f"A program{unseen}that greets.",
        f"A program that greets.{unseen}",
    ):
        answer = api.call("POST", "/api/projects", raw=body(requirements=text))
        assert answer.status == 201, answer.body
