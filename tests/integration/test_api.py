"""The API on the embedded engine: it agrees with its document; a project is created once and deleted completely."""

import itertools
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.stack.secrets import rotate
from api_handler.requests import Requests
from shared.identifiers import new_ulid, now
from shared.items import put_file
from shared.models.project import Revision, StoredObject
from shared.models.records import FileRecord
from shared.models.workflow import FINAL
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.table import Put, Remove
from tests.integration.cloud import eventually

FOLDERS = ("projects", "plans", "test_results", "deployments")
NOBODYS = b"/api/projects/" + b"0" * 26
OF_A_PROJECT = ("files", "tests", "deployments", "events")
LISTS = ("projects", "templates", *(f"projects/{'0' * 26}/{name}" for name in OF_A_PROJECT))
NO_CURSORS = ["", "x", "null", "%00", "%ED%A0%80", "%FF%FE", "=" * 9, "x" * 9000, "W10", "WyJmaWxlcyIsIlx1ZDgwMCJd"]
KEYS = 8
STATUSES = ("CREATED", "PLANNING", "DEVELOPING", "TESTING", "DEPLOYING", "COMPLETED")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(run_dir=tmp_path_factory.mktemp("api") / "run") as stack:
        yield stack


@pytest.fixture
def http(running: Bench) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {running.token}"}
    with httpx2.Client(base_url=running.outputs.api_url, headers=headers, timeout=60) as client:
        yield client


def table_of(running: Bench) -> DynamoDbTable:
    return DynamoDbTable(running.target.client("dynamodb"), running.outputs.table_name)


def walk(http: httpx2.Client, path: str, query: dict[str, str], between: Callable[[], object]) -> list[list[Any]]:
    """Return the pages of a list."""
    pages = []
    while True:
        page = http.get(path, params=query).json()
        pages.append(page["items"])
        if page["next"] is None:
            return pages
        query = {**query, "cursor": page["next"]}
        between()


def test_many_projects_are_listed_once_each_while_others_are_made(running: Bench, http: httpx2.Client) -> None:
    requests = Requests(table_of(running), clock=now, identifiers=new_ulid)

    def make() -> str:
        return requests.create("listed", "Nobody is asked to make this one.", "request").project.id

    made = [make() for _ in range(60)]
    pages = walk(http, "/api/projects", {"limit": "9", "status": "CREATED"}, make)
    listed = [project["id"] for project in itertools.chain.from_iterable(pages)]
    assert [project_id for project_id in listed if project_id in made] == sorted(made, reverse=True)
    assert [len(page) for page in pages[:6]] == [9] * 6


def file_at(project_id: str, path: str) -> Put:
    stored = StoredObject(key=f"projects/{project_id}/{path}", size=1, sha256="0" * 64)
    return put_file(project_id, FileRecord(path=path, language="text", revision=Revision(build=1), object=stored))


def test_200_files_are_listed_once_each_while_others_come_and_go_until_the_project_does(
    running: Bench, http: httpx2.Client
) -> None:
    table, others = table_of(running), itertools.count()
    requests = Requests(table, clock=now, identifiers=new_ulid)
    project_id = requests.create("many files", "Nobody is asked to make this one.", "request").project.id
    paths = [f"src/{number:03}/\U0001f600 é.py" for number in range(200)]
    for first in range(0, 200, 100):
        table.write(*(file_at(project_id, path) for path in paths[first : first + 100]))

    def change() -> None:
        number = next(others)
        table.write(
            file_at(project_id, f"before/{number}"),
            file_at(project_id, f"src/{199 - number:03}/added"),
            Remove(file_at(project_id, f"before/{number - 1}").key),
        )

    at = f"/api/projects/{project_id}"
    pages = walk(http, f"{at}/files", {"limit": "30"}, change)
    listed = [file["path"] for file in itertools.chain.from_iterable(pages)]
    assert [path for path in listed if path in paths] == paths
    assert len(listed) == len(set(listed))
    assert {len(page) for page in pages[:-1]} == {30}
    cursor = http.get(f"{at}/files", params={"limit": "1"}).json()["next"]
    assert http.delete(at).status_code == 204
    assert http.get(f"{at}/files", params={"cursor": cursor}).status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_a_hostile_cursor_is_a_foreign_one(http: httpx2.Client, name: str) -> None:
    for cursor in NO_CURSORS:
        answer = http.get(f"/api/{name}?cursor={cursor}")
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:agenticai:problem:foreign-cursor"), cursor[:40]


def test_concurrent_creates_with_repeated_keys_make_one_project_a_key(http: httpx2.Client) -> None:
    def create(number: int) -> tuple[int, int, str, str]:
        key = number % KEYS
        body = {"name": f"key {key}", "requirements": "A program for which no reply is stored."}
        made = http.post("/api/projects", json=body, headers={"Idempotency-Key": f"key-{key}"})
        return key, made.status_code, made.headers["location"], made.text

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(10 * KEYS)))
    assert {status for _, status, _, _ in answers} == {201}
    assert len({(key, location, text) for key, _, location, text in answers}) == KEYS
    newest = http.get("/api/projects", params={"limit": 100}).json()["items"]
    made = Counter(project["name"] for project in newest if project["name"].startswith("key "))
    assert made == {f"key {key}": 1 for key in range(KEYS)}


def leftovers(running: Bench, project_id: str) -> list[str]:
    """Return a project's remains: items, versions and delete markers of objects, messages."""
    s3, sqs = running.target.client("s3"), running.target.client("sqs")
    items = [item.key.sk for item in table_of(running).query(f"PROJECT#{project_id}")]
    for folder in FOLDERS:
        listed = s3.list_object_versions(Bucket=running.outputs.bucket_name, Prefix=f"{folder}/{project_id}/")
        items += [version["Key"] for version in (*listed.get("Versions", []), *listed.get("DeleteMarkers", []))]
    for url in (*running.outputs.queue_urls.values(), *running.outputs.dead_letter_queue_urls.values()):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts = {name: number for name, number in attributes.items() if name.startswith("ApproximateNumberOf")}
        items += [f"{name} of {url}" for name, number in counts.items() if number != "0"]
    return items


@pytest.mark.parametrize("status", STATUSES)
def test_a_project_deleted_while_an_agent_works_leaves_nothing(running: Bench, status: str) -> None:
    scenario = load(LIBRARY / "todo-service.yaml").first
    with running.api() as api:
        project = api.create(scenario.name, scenario.requirements)
        due = STATUSES[STATUSES.index(status) :]
        eventually(lambda: (seen := api.get(project.id).status) in due or seen in FINAL)
        api.delete(project.id)
    eventually(lambda: leftovers(running, project.id) == [])


def raw(running: Bench, request: bytes) -> bytes:
    """Return the head of the answer to a request that no client library sends."""
    address = urlsplit(running.outputs.api_url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=60) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


@pytest.mark.parametrize("token", [b"", b"x", b"\xc3\xa4\xff\xfe", b"x" * 10_000, b"%(cut)s", b"\x80" * 40])
@pytest.mark.parametrize("method", [b"GET", b"POST", b"DELETE", b"PATCH", b"TRACE", b"HEAD"])
def test_a_strange_token_opens_nothing(running: Bench, token: bytes, method: bytes) -> None:
    path = urlsplit(running.outputs.api_url).path.encode() + b"/api/projects"
    token = token.replace(b"%(cut)s", running.token[:-1].encode())
    head = b"%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
    answer = raw(running, head % (method, path, token))
    assert answer.split(b" ")[1] in {b"400", b"401", b"403", b"404", b"405", b"431"}, answer[:200]


@pytest.mark.parametrize(
    "path",
    [
        b"/api/projects/..%2f..%2fsecret", b"/api/projects/%00", b"/api/projects/" + b"0" * 5000, b"/api/projects/%",
        b"/api/projects/../../../health/../api", b"/api/projects/%2e%2e/%2e%2e", b"/api/projects/%ff%fe", b"//",
        NOBODYS + b"/files/..%2f..%2f..%2fetc%2fpasswd", NOBODYS + b"/files/%00", NOBODYS + b"/files/" + b"a" * 5000,
        NOBODYS + b"%2Fevents", NOBODYS + b"/files//", NOBODYS + b"/files/%252e%252e%252f",
    ],
)  # fmt: skip
def test_a_tricky_path_is_answered_with_a_clean_4xx(running: Bench, path: bytes) -> None:
    base = urlsplit(running.outputs.api_url).path.encode()
    head = b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
    answer = raw(running, head % (base + path, running.token.encode()))
    assert answer.split(b" ")[1][:1] == b"4", answer[:200]


def test_bytes_that_are_not_utf_8_are_refused(http: httpx2.Client) -> None:
    content = b'{"name": "caf\xe9", "requirements": "A program, in Latin-1."}'
    answer = http.post("/api/projects", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:agenticai:problem:malformed")


def test_the_deeper_check_reaches_everything(http: httpx2.Client) -> None:
    def report() -> dict[str, Any]:
        document: dict[str, Any] = http.get("/health/deep").json()
        return document

    eventually(lambda: report()["status"] == "ok")  # it waits at most two seconds for each
    queues = {f"{agent}-queue" for agent in ("pm", "dev", "qa", "ops")}
    assert {check["name"] for check in report()["checks"]} == {"table", "bucket", "parameters", *queues}


def test_old_and_new_token_are_both_valid_after_a_rotation(running: Bench) -> None:
    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.get(f"{running.outputs.api_url}/api/projects", headers=headers, timeout=60).status_code

    new = rotate(running.target.client("ssm"), "dev")
    eventually(lambda: status(new) == 200)
    assert status(running.token) == 200
    assert status(new[:-1]) == 401


def test_the_document_and_the_page_are_open_and_speak_of_every_route(running: Bench) -> None:
    document = httpx2.get(f"{running.outputs.api_url}/openapi.json", timeout=60).json()
    page = httpx2.get(f"{running.outputs.api_url}/docs", timeout=60)
    assert document["openapi"].startswith("3.1")
    assert page.headers["content-type"].startswith("text/html")
    assert all(path in page.text for path in document["paths"])
    assert "AgenticAI" in json.dumps(document["info"])
