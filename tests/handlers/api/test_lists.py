"""The API's lists: page by page, each item once, with cursors that are valid only for their own list."""

import base64
import itertools
import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from api_handler.cursors import Listing
from shared.items import make_metadata_key, put_file, put_pending
from shared.models.messages import DeployRequested, TestRequested
from shared.models.project import Revision, StoredObject
from shared.models.records import DeploymentRecord, FileRecord, TestRecord
from shared.models.template import Template
from shared.paths import MAX_PATH_BYTES, accept_path
from shared.storage.table import Key, Remove
from shared.templates import put_template
from tests.fakes.api import FakeApi
from tests.fakes.table import InMemoryTable

OBJECT = StoredObject(key="projects/a", size=1, sha256="0" * 64)
REVISIONS = [Revision(build=2), Revision(build=10, round=1), Revision(build=10), Revision(build=1), Revision(build=9)]
LONGEST_PATH: Final = "\U0001f600" * (MAX_PATH_BYTES // 4)
PATHS = ["a", "a.py", "a/b.py", "b c.py", LONGEST_PATH]
OF_A_PROJECT = ("files", "tests", "deployments", "events")
LISTS = (*OF_A_PROJECT, "templates", "projects")


class Lists:
    """An API with five entries in each of its lists."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.id = str(self.api.post().json["id"])
        for revision in REVISIONS:
            about: dict[str, Any] = {"project_id": self.id, "correlation_id": "request-1", "revision": revision}
            self.api.table.write(put_pending(TestRequested(**about), TestRecord, report=OBJECT, score=1.0))
            self.api.table.write(put_pending(DeployRequested(**about), DeploymentRecord, package=OBJECT))
        for path in PATHS:
            self.add_file(path)
        for number in range(5):
            template = Template(id=f"t{number}", name="To-do", description="A list.", requirements="A to-do list.")
            self.api.table.write(put_template(template))
        while len(self.all("events")) < 5:
            self.api.call("POST", f"/api/projects/{self.id}/retry")
        for _ in range(4):
            self.api.post()

    def add_file(self, path: str) -> None:
        record = FileRecord(path=accept_path(path), language="text", revision=Revision(build=1), object=OBJECT)
        self.api.table.write(put_file(self.id, record))

    def at(self, name: str, project_id: str | None = None) -> str:
        return f"/api/projects/{project_id or self.id}/{name}" if name in OF_A_PROJECT else f"/api/{name}"

    def page(self, name: str, **query: str) -> Any:
        answer = self.api.call("GET", self.at(name), query=query)
        assert answer.status == 200, answer.body
        return answer.json

    def all(self, name: str) -> list[Any]:
        return list(self.page(name, limit="100")["items"])

    def walk(self, name: str, limit: int, between: Callable[[], object] = lambda: None) -> list[list[Any]]:
        """Return the pages of a list."""
        pages, query = [], {"limit": str(limit)}
        while True:
            page = self.page(name, **query)
            pages.append(page["items"])
            if page["next"] is None:
                return pages
            query["cursor"] = page["next"]
            between()


@pytest.fixture(scope="module")
def lists() -> Lists:
    return Lists()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_each_item_is_on_one_page_and_all_pages_but_the_last_are_full(lists: Lists, name: str, limit: int) -> None:
    pages = lists.walk(name, limit)
    assert list(itertools.chain.from_iterable(pages)) == lists.all(name)
    assert [len(page) for page in pages] == [limit] * (5 // limit) + [5 % limit] * (5 % limit > 0)


def test_each_list_has_its_order(lists: Lists) -> None:
    assert [file["path"] for file in lists.all("files")] == sorted(PATHS)
    revisions = [{"build": build, "round": round_} for build, round_ in ((1, 0), (2, 0), (9, 0), (10, 0), (10, 1))]
    assert [test["revision"] for test in lists.all("tests")] == revisions
    assert [deployment["revision"] for deployment in lists.all("deployments")] == revisions
    for name in ("events", "templates"):
        ids = [item["id"] for item in lists.all(name)]
        assert ids == sorted(ids)
    ids = [project["id"] for project in lists.all("projects")]
    assert ids == sorted(ids, reverse=True)


def test_files_that_come_and_go_between_pages_move_no_other() -> None:
    lists = Lists()

    def change() -> None:
        for path in ("0", "zz"):
            lists.add_file(path)
        lists.api.table.write(Remove(Key(f"PROJECT#{lists.id}", "FILE#a.py")))

    pages = lists.walk("files", 2, change)
    assert [[file["path"] for file in page] for page in pages] == [
        ["a", "a.py"],
        ["a/b.py", "b c.py"],
        ["zz", PATHS[4]],
    ]
    assert [file["path"] for file in lists.all("files")] == ["0", "a", "a/b.py", "b c.py", "zz", PATHS[4]]


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_is_good_for_the_list_that_gave_it_and_no_other(lists: Lists, name: str) -> None:
    cursor = lists.page(name, limit="1")["next"]
    another = lists.all("projects")[0]["id"]
    for other in {lists.at(name, another), *map(lists.at, LISTS)} - {lists.at(name)}:
        assert lists.api.call("GET", other, query={"cursor": cursor}).problem == "foreign-cursor"


def test_a_cursor_of_one_status_is_none_of_another(lists: Lists) -> None:
    cursor = lists.page("projects", limit="1", status="CREATED")["next"]
    assert lists.page("projects", limit="1", status="CREATED", cursor=cursor)["items"]
    for query in ({}, {"status": "FAILED"}):
        answer = lists.api.call("GET", "/api/projects", query={**query, "cursor": cursor})
        assert answer.problem == "foreign-cursor"


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode()


def forged(*parts: object) -> str:
    return encoded(json.dumps(parts).encode())


NO_CURSORS = [
    "", "x", "=", "====", "ä", "\ud800", "\x00", " ", "null", "x" * 100_000, "." * 10_000,
    *map(encoded, (b"", b"null", b"{}", b"[]", b"NaN", b"9" * 5000, b"[" * 100_000, b"[" * 500 + b"]" * 500)),
    *map(encoded, (b"\xff\xfe", "[]".encode("utf-16"), b'{"a":' * 500 + b"1" + b"}" * 500)),
]  # fmt: skip
NO_PLACES: list[object] = [
    None, 5, 1e308, True, [], ["a"], {"a": "b"}, [[[[["a"]]]]], "", " ", "..", "../../secret", "/etc/passwd", "a\x00b",
    "\ud800", "\U0010ffff", "\U0010ffff" * 400, "x" * 2000,
]  # fmt: skip
NO_IDS = ["METADATA", "0" * 25, "0" * 27, "\u0661" * 26, "I" * 26]
NO_REVISIONS = ["1.0", "-1.0", "1" * 19, "\u0661" * 9 + "." + "\u0661" * 9]
OUT_OF_PLACE = {
    "projects": NO_IDS,
    "events": NO_IDS,
    "tests": NO_REVISIONS,
    "deployments": NO_REVISIONS,
    "templates": ["A", "-a", "a" * 65],
    "files": ["a/../b", "con", "~/a", "a" * 256, LONGEST_PATH + "\U0001f600"],
}


@pytest.mark.parametrize("name", LISTS)
def test_what_is_no_cursor_of_a_list_is_refused_as_such(lists: Lists, name: str) -> None:
    own = json.loads(base64.b64decode(lists.page(name, limit="1")["next"] + "==", altchars=b"-_"))[:-1]
    surrogate = encoded(json.dumps([*own, "?"]).encode().replace(b"?", b"\xed\xa0\x80"))
    made_up = [forged(*own, place) for place in [*NO_PLACES, *OUT_OF_PLACE[name]]]
    made_up += [forged(*own), forged(*own, "a", "b"), forged(own, "a"), forged("other", *own[1:], "a"), surrogate]
    for cursor in NO_CURSORS + made_up:
        answer = lists.api.call("GET", lists.at(name), query={"cursor": cursor})
        assert (answer.status, answer.problem) == (400, "foreign-cursor"), cursor[:100]
    assert lists.api.faults == []


@pytest.mark.parametrize("name", LISTS)
def test_a_misspelt_parameter_is_refused(lists: Lists, name: str) -> None:
    errors = lists.api.call("GET", lists.at(name), query={"limits": "1"}).json["errors"]
    assert [error["parameter"] for error in errors] == ["limits"]


@pytest.mark.parametrize(("name", "most"), [*((name, 1000) for name in LISTS[:-1]), ("projects", 100)])
def test_a_page_has_bounds(lists: Lists, name: str, most: int) -> None:
    assert len(lists.page(name, limit=str(most))["items"]) == 5
    for limit in ("0", "-1", str(most + 1), "9" * 5000, "1.5", "x", ""):
        answer = lists.api.call("GET", lists.at(name), query={"limit": limit})
        assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, "limit")


def watch(table: InMemoryTable) -> list[str]:
    """Return a list to which the table's calls are added from now on."""
    calls: list[str] = []

    def watched(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*of: Any, **by: Any) -> Any:
            calls.append(name)
            return method(*of, **by)

        return call

    for name in ("get", "query", "query_index"):
        setattr(table, name, watched(name, getattr(table, name)))
    return calls


@pytest.mark.parametrize("name", ["files", "events", "projects"])
def test_one_item_more_than_a_page_holds_is_read(name: str) -> None:
    lists = Lists()
    limits: list[int | None] = []
    query, query_index = lists.api.table.query, lists.api.table.query_index

    def watched(*of: Any, limit: int | None = None, **by: Any) -> Any:
        limits.append(limit)
        return (query if name in OF_A_PROJECT else query_index)(*of, limit=limit, **by)

    lists.api.table.query = watched  # type: ignore[method-assign]
    lists.api.table.query_index = watched  # type: ignore[method-assign]
    lists.page(name, limit="2")
    assert limits == [3]


def test_a_page_is_one_query_and_where_it_is_of_a_project_one_look_at_that() -> None:
    lists = Lists()
    calls = watch(lists.api.table)
    for name in LISTS:
        calls.clear()
        lists.page(name, limit="2")
        assert calls == (["query", "get"] if name in OF_A_PROJECT else ["query_index"])
    calls.clear()
    lists.api.call("GET", f"/api/projects/{lists.id}")
    assert calls == ["get"]


@pytest.mark.parametrize("name", OF_A_PROJECT)
def test_no_page_is_of_a_project_that_is_half_gone(name: str) -> None:
    lists = Lists()
    cursor = lists.page(name, limit="1")["next"]
    query = lists.api.table.query

    def before_a_deletion(*of: Any, **by: Any) -> Any:
        found = query(*of, **by)
        lists.api.table.write(Remove(make_metadata_key(lists.id)))
        return found

    lists.api.table.query = before_a_deletion  # type: ignore[method-assign]
    for _ in range(2):
        assert lists.api.call("GET", lists.at(name), query={"cursor": cursor}).problem == "not-found"
        assert lists.api.call("GET", lists.at(name)).problem == "not-found"


@pytest.mark.parametrize("sign", ["!", " ", "%", "é"])
def test_a_cursor_with_a_sign_that_none_has_is_foreign(lists: Lists, sign: str) -> None:
    cursor = str(lists.page("events", limit="1")["next"])
    for wrong in (sign + cursor, cursor + sign):
        answer = lists.api.call("GET", f"/api/projects/{lists.id}/events", query={"cursor": wrong})
        assert answer.problem == "foreign-cursor", wrong


def decoded(cursor: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


PLACES = {"files": "a", "tests": "000000001.000000000", "deployments": "000000001.000000000", "events": f"{2:026d}"}


@pytest.mark.parametrize("name", LISTS)
def test_a_cursor_names_its_list_and_the_last_entry_shown(lists: Lists, name: str) -> None:
    """Its form stays the same from one version of the API to the next, so that it is valid after an update."""
    page = lists.page(name, limit="1")
    place = PLACES[name] if name in OF_A_PROJECT else page["items"][0]["id"]
    of = {"projects": [""], "templates": []}.get(name, [lists.id])
    assert decoded(page["next"]) == [name, *of, place]


def test_a_cursor_needs_no_escaping_in_an_address() -> None:
    lists = Lists()
    for length in range(1, 8):
        lists.add_file("0" * length)
    cursors = [str(lists.page("files", limit=str(limit))["next"]) for limit in range(1, 8)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", cursor) for cursor in cursors)


def test_a_cursor_of_a_status_names_it(lists: Lists) -> None:
    page = lists.page("projects", limit="1", status="CREATED")
    assert decoded(page["next"]) == ["projects", "CREATED", page["items"][0]["id"]]


def test_misspelt_parameters_are_named_in_order(lists: Lists) -> None:
    answer = lists.api.call("GET", "/api/projects", query={"b": "1", "limit": "1", "c": "1", "a": "1"})
    assert answer.json["errors"] == [{"parameter": name, "detail": "unknown parameter"} for name in "abc"]


def test_a_foreign_cursor_says_what_to_do(lists: Lists) -> None:
    detail = lists.api.call("GET", "/api/projects", query={"cursor": "x"}).json["detail"]
    assert detail == "The cursor does not belong to this list; start without a cursor."


@pytest.mark.parametrize(("name", "size"), [("projects", 20), ("templates", 100), ("events", 100), ("files", 100)])
def test_a_page_has_a_size_of_its_own(name: str, size: int) -> None:
    lists = Lists()
    limits: list[int] = []
    own = Listing.page

    def watched(self: Listing[Any], records: list[Any], limit: int) -> Any:
        limits.append(limit)
        return own(self, records, limit)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Listing, "page", watched)
        lists.page(name)
    assert limits == [size]
