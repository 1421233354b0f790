"""Projects over the API: created once, listed once, renamed conditionally, changed, packaged, retried."""

import itertools
import json
from typing import Any

import pytest

from shared.models.plan import Plan
from shared.models.project import Failure
from shared.models.records import WorkState
from shared.models.template import Template
from shared.models.workflow import ProjectStatus
from shared.storage.table import Key, Remove, Update, Write
from shared.templates import put_template
from tests.fakes.api import REQUIREMENTS, Answer, FakeApi


def put_status(api: FakeApi, project_id: str, status: ProjectStatus, **fields: Any) -> None:
    """Set a project's status, as agents would."""
    key = Key(f"PROJECT#{project_id}", "METADATA")
    api.table.write(Update(key, set={"status": status, **fields}, add={"version": 1}))


def finished(api: FakeApi, status: ProjectStatus = ProjectStatus.COMPLETED) -> str:
    """Create a finished project."""
    project_id = str(api.post().json["id"])
    api.sent.take()
    work = Key(f"PROJECT#{project_id}", "PLAN#1")
    api.table.write(Update(work, set={"state": WorkState.DONE}))
    put_status(api, project_id, status)
    return project_id


def test_a_project_is_made_and_its_plan_requested() -> None:
    api = FakeApi()
    made = api.post("  To-do  ")
    assert made.status == 201
    assert made.headers["location"] == f"/api/projects/{made.json['id']}"
    assert (made.json["name"], made.json["status"]) == ("To-do", "CREATED")
    assert [(message.work, message.correlation_id) for message in api.sent.messages] == [("PLAN#1", "request-1")]
    read = api.call("GET", made.headers["location"])
    assert (read.json, read.headers["etag"]) == (made.json, made.headers["etag"])


def test_a_project_can_begin_from_a_template() -> None:
    api = FakeApi()
    template = Template(id="todo", name="To-do", description="A list.", requirements="A to-do list.")
    api.table.write(put_template(template))
    assert api.call("GET", "/api/templates").json["items"] == [
        {"id": "todo", "name": "To-do", "description": "A list."}
    ]
    assert api.call("GET", "/api/templates/todo").json == template.model_dump()
    assert api.call("GET", "/api/templates/other").problem == "not-found"
    plain = api.call("POST", "/api/projects", {"name": "demo", "template": "todo"})
    both = api.call("POST", "/api/projects", {"name": "demo", "template": "todo", "requirements": "Also in Klingon."})
    assert (plain.json["requirements"], plain.json["template"]) == ("A to-do list.", "todo")
    assert both.json["requirements"] == "A to-do list.\n\nAlso in Klingon."


def pages(api: FakeApi, limit: int, **query: str) -> list[list[str]]:
    """Return the ids on each page."""
    seen: list[list[str]] = []
    while True:
        page = api.call("GET", "/api/projects", query={"limit": str(limit), **query}).json
        seen.append([project["id"] for project in page["items"]])
        if page["next"] is None:
            return seen
        query["cursor"] = page["next"]
        api.post("made meanwhile")


def test_each_project_is_listed_once_newest_first_while_others_are_made() -> None:
    api = FakeApi()
    made = [api.post(f"project {number}").json["id"] for number in range(500)]
    listed = pages(api, 7)
    assert all(len(page) == 7 for page in listed[:-1])
    assert list(itertools.chain.from_iterable(listed)) == made[::-1]


def test_the_list_of_a_status_holds_just_those() -> None:
    api = FakeApi()
    made = [finished(api) if number % 3 == 0 else api.post().json["id"] for number in range(20)]
    assert list(itertools.chain.from_iterable(pages(api, 3, status="COMPLETED"))) == made[::3][::-1]
    assert pages(api, 3, status="FAILED") == [[]]


def test_a_list_leaves_the_long_texts_out() -> None:
    api = FakeApi()
    api.post()
    assert "requirements" not in api.call("GET", "/api/projects").json["items"][0]


def test_a_name_changes_only_for_who_saw_the_latest_version() -> None:
    api = FakeApi()
    made = api.post()
    path, seen = made.headers["location"], made.headers["etag"]
    assert api.call("PUT", path, {"name": "new"}).problem == "version-missing"
    renamed = api.call("PUT", path, {"name": "new"}, if_match=seen)
    assert (renamed.status, renamed.json["name"]) == (200, "new")
    assert renamed.headers["etag"] != seen
    for stale in (seen, f"W/{renamed.headers['etag']}", "nonsense"):
        assert api.call("PUT", path, {"name": "other"}, if_match=stale).problem == "version-changed"
    assert api.call("PUT", path, {"name": "other"}, if_match=f'"x", {renamed.headers["etag"]}').status == 200
    assert api.call("PUT", path, {"name": "any"}, if_match="*").status == 200
    assert api.call("GET", path).json["name"] == "any"
    assert api.call("PUT", "/api/projects/" + "0" * 26, {"name": "any"}, if_match="*").problem == "not-found"


def test_any_version_is_renamed_even_if_an_agent_writes_meanwhile() -> None:
    api = FakeApi()
    made = api.post()
    write, moves = api.table.write, iter([ProjectStatus.PLANNING, ProjectStatus.DEVELOPING])

    def after_an_agent(*writes: Write) -> None:
        for status in itertools.islice(moves, 1):
            write(Update(Key(f"PROJECT#{made.json['id']}", "METADATA"), set={"status": status}, add={"version": 1}))
        write(*writes)

    api.table.write = after_an_agent  # type: ignore[method-assign]
    answer = api.call("PUT", made.headers["location"], {"name": "new"}, if_match="*")
    assert (answer.status, answer.json["name"], answer.json["status"]) == (200, "new", "DEVELOPING")
    moves = iter([ProjectStatus.TESTING])
    assert api.call("PUT", made.headers["location"], {"name": "x"}, if_match=answer.headers["etag"]).status == 412


@pytest.mark.parametrize("field", ["requirements", "status", "score", "id"])
def test_nothing_but_the_name_can_be_put(field: str) -> None:
    api = FakeApi()
    made = api.post()
    answer = api.call("PUT", made.headers["location"], {"name": "new", field: "x"}, if_match=made.headers["etag"])
    assert answer.problem == "invalid"


@pytest.mark.parametrize("status", [ProjectStatus.COMPLETED, ProjectStatus.NEEDS_REVIEW])
def test_a_change_begins_the_next_build(status: ProjectStatus) -> None:
    api = FakeApi()
    project_id = finished(api, status)
    answer = api.call("POST", f"/api/projects/{project_id}/modify", {"requirements": "Greet in French as well."})
    assert answer.status == 202
    assert (answer.json["status"], answer.json["revision"]) == ("PLANNING", {"build": 2, "round": 0})
    assert answer.json["requirements"] == REQUIREMENTS
    assert api.call("GET", f"/api/projects/{project_id}").headers["etag"] == answer.headers["etag"]
    change = api.table.get(Key(f"PROJECT#{project_id}", "MOD#2"))
    assert change is not None
    assert (change["requirements"], change["correlation_id"]) == ("Greet in French as well.", "request-1")
    assert [message.work for message in api.sent.messages] == ["PLAN#2"]
    events = api.call("GET", f"/api/projects/{project_id}/events").json["items"]
    assert [event["type"] for event in events] == ["project created", "change requested"]


def test_a_revision_is_packaged_again_under_the_same_name() -> None:
    api = FakeApi()
    project_id = finished(api, ProjectStatus.NEEDS_REVIEW)
    for _ in range(2):
        answer = api.call("POST", f"/api/projects/{project_id}/deploy")
        assert (answer.status, answer.json["status"]) == (202, "DEPLOYING")
        assert [message.work for message in api.sent.take()] == ["DEPLOY#1.0"]
        assert len(api.call("GET", f"/api/projects/{project_id}/deployments").json["items"]) == 1
        api.table.write(Update(Key(f"PROJECT#{project_id}", "DEPLOY#1.0"), set={"state": WorkState.DONE}))
        put_status(api, project_id, ProjectStatus.COMPLETED)


@pytest.mark.parametrize("query", [{}, {"unproven": "true"}])
def test_a_deployment_says_whether_a_person_wants_it_unproven(query: dict[str, str]) -> None:
    api = FakeApi()
    project_id = finished(api, ProjectStatus.NEEDS_REVIEW)
    assert api.call("POST", f"/api/projects/{project_id}/deploy", query=query).status == 202
    (deployment,) = api.call("GET", f"/api/projects/{project_id}/deployments").json["items"]
    assert deployment["unproven"] is bool(query)
    (event,) = api.call("GET", f"/api/projects/{project_id}/events").json["items"][-1:]
    assert event["detail"].endswith("unproven") is bool(query)


@pytest.mark.parametrize("status", sorted(set(ProjectStatus) - {ProjectStatus.COMPLETED, ProjectStatus.NEEDS_REVIEW}))
def test_a_project_that_is_not_finished_takes_no_change_and_no_deployment(status: ProjectStatus) -> None:
    api = FakeApi()
    project_id = finished(api, status)
    change = {"requirements": "Greet in French as well."}
    for refused in (
        api.call("POST", f"/api/projects/{project_id}/modify", change),
        api.call("POST", f"/api/projects/{project_id}/deploy"),
    ):
        assert refused.problem == "not-now"
        assert refused.json["detail"].endswith("; it must be COMPLETED or NEEDS_REVIEW.")
    assert api.sent.messages == []


@pytest.mark.parametrize("action", ["modify", "deploy", "retry"])
def test_what_is_asked_of_no_project_is_not_found(action: str) -> None:
    body = {"requirements": "Greet in French as well."} if action == "modify" else None
    assert FakeApi().call("POST", f"/api/projects/{'0' * 26}/{action}", body).problem == "not-found"


def test_a_failed_step_is_tried_again_with_its_message() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    api.sent.take()
    failure = Failure(step="pm", reason="no plan").model_dump()
    work = Key(f"PROJECT#{project_id}", "PLAN#1")
    api.table.write(Update(work, set={"state": WorkState.FAILED, "failure": failure}))
    put_status(api, project_id, ProjectStatus.FAILED, failure=failure)
    answer = api.call("POST", f"/api/projects/{project_id}/retry")
    assert (answer.status, answer.json["status"], answer.json["failure"]) == (202, "PLANNING", None)
    assert [message.work for message in api.sent.take()] == ["PLAN#1"]
    stored = api.table.get(work)
    assert stored is not None
    assert (stored["state"], stored["failure"]) == ("PENDING", None)
    project = api.projects.get(project_id)
    assert project is not None
    assert project.retries == 1


def test_a_project_whose_message_was_lost_is_taken_up_where_it_stands() -> None:
    api = FakeApi()
    made = api.post()
    api.sent.take()
    answer = api.call("POST", made.headers["location"] + "/retry")
    assert (answer.status, answer.json["status"]) == (202, "CREATED")
    assert [message.work for message in api.sent.take()] == ["PLAN#1"]


@pytest.mark.parametrize("status", [ProjectStatus.COMPLETED, ProjectStatus.NEEDS_REVIEW])
def test_a_finished_project_has_nothing_to_retry(status: ProjectStatus) -> None:
    api = FakeApi()
    project_id = finished(api, status)
    assert api.call("POST", f"/api/projects/{project_id}/retry").problem == "not-now"
    api.table.write(Update(Key(f"PROJECT#{project_id}", "PLAN#1"), set={"state": WorkState.PENDING}))
    assert api.call("POST", f"/api/projects/{project_id}/retry").problem == "not-now", "though a message may be due"


@pytest.mark.parametrize("status", [ProjectStatus.PLANNING, ProjectStatus.FAILED])
def test_a_project_without_open_work_has_nothing_to_retry(status: ProjectStatus) -> None:
    api = FakeApi()
    assert api.call("POST", f"/api/projects/{finished(api, status)}/retry").problem == "not-now"


def same(one: Answer, other: Answer) -> bool:
    relevant = ("location", "etag", "content-type")
    return (one.status, one.body) == (other.status, other.body) and all(
        one.headers.get(name) == other.headers.get(name) for name in relevant
    )


def test_the_same_key_and_body_are_one_project_and_one_answer() -> None:
    api = FakeApi()
    first = api.post(idempotency_key="k")
    put_status(api, first.json["id"], ProjectStatus.PLANNING)
    assert same(api.post(idempotency_key="k"), first)
    spaced = json.dumps({"requirements": REQUIREMENTS, "name": "demo"}, indent=4)
    assert same(api.call("POST", "/api/projects", raw=spaced, idempotency_key="k"), first)
    assert api.post("other", idempotency_key="k").problem == "key-reused"
    assert api.post(idempotency_key="K").json["id"] != first.json["id"]
    assert len(api.call("GET", "/api/projects").json["items"]) == 2


@pytest.mark.parametrize("action", ["modify", "deploy", "retry"])
def test_a_repeated_request_about_a_project_counts_once(action: str) -> None:
    api = FakeApi()
    project_id = api.post().json["id"] if action == "retry" else finished(api)
    path = f"/api/projects/{project_id}/{action}"
    body = {"requirements": "Greet in French as well."} if action == "modify" else None
    first = api.call("POST", path, body, idempotency_key="k")
    assert first.status == 202
    put_status(api, project_id, ProjectStatus.COMPLETED)
    assert same(api.call("POST", path, body, idempotency_key="k"), first)
    other = "deploy" if action == "modify" else "modify"
    assert api.call("POST", f"/api/projects/{project_id}/{other}", body, idempotency_key="k").status == 422


def test_a_plan_is_read_from_where_it_is_stored() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    plan = Plan(summary="s", assumptions=(), shared_contract="", tasks=())
    stored = api.objects.put("plans/p", plan.model_dump_json().encode(), "application/json")
    api.table.write(Update(Key(f"PROJECT#{project_id}", "PLAN#1"), set={"plan": stored.model_dump()}))
    answer = api.call("GET", f"/api/projects/{project_id}/plan")
    assert (answer.status, answer.json) == (200, plan.model_dump(mode="json"))


def test_a_path_that_no_file_may_have_is_not_looked_for() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    get, keys = api.table.get, []

    def watched(key: Key) -> Any:
        keys.append(key.sk)
        return get(key)

    api.table.get = watched  # type: ignore[method-assign]
    for path in ("a/../b", "x" * 2000, "a%2F..%2Fb"):
        assert api.call("GET", f"/api/projects/{project_id}/files/{path}").problem == "not-found"
    assert [key for key in keys if key.startswith("FILE#") and (".." in key.split("/") or len(key) > 1000)] == []


def test_a_request_without_a_key_looks_for_no_earlier_answer() -> None:
    api = FakeApi()
    get, keys = api.table.get, []

    def watched(key: Key) -> Any:
        keys.append(key)
        return get(key)

    api.table.get = watched  # type: ignore[method-assign]
    api.post()
    assert None not in keys
    before = len(keys)
    api.post(idempotency_key="k")
    assert len(keys) == 2 * before + 1


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 201, "\x7f", "\n"])
def test_a_key_is_some_visible_ascii(key: str) -> None:
    assert FakeApi().post(idempotency_key=key).problem == "invalid"


def test_a_message_that_was_not_sent_is_sent_by_the_same_request() -> None:
    api = FakeApi()
    api.sent.broken = True
    refused = api.post(idempotency_key="k")
    assert refused.problem == "unavailable"
    assert refused.headers["location"] == f"/api/projects/{refused.json['project_id']}"
    api.sent.broken = False
    assert api.post(idempotency_key="k").json["id"] == refused.json["project_id"]
    assert [message.project_id for message in api.sent.messages] == [refused.json["project_id"]]


def test_a_message_that_was_not_sent_is_sent_by_a_retry() -> None:
    api = FakeApi()
    api.sent.broken = True
    where = api.post().headers["location"]
    api.sent.broken = False
    assert api.call("POST", f"{where}/retry").status == 202
    assert [message.work for message in api.sent.messages] == ["PLAN#1"]


def test_a_repetition_sends_nothing_that_somebody_has_taken_up() -> None:
    api = FakeApi()
    project_id = api.post(idempotency_key="k").json["id"]
    api.sent.take()
    api.table.write(Update(Key(f"PROJECT#{project_id}", "PLAN#1"), set={"state": WorkState.RUNNING}))
    assert api.post(idempotency_key="k").status == 201
    assert api.sent.messages == []


def test_a_deleted_project_leaves_nothing_behind() -> None:
    api = FakeApi()
    keep = api.post("kept", idempotency_key="kept")
    before = dict(api.table.items)
    gone = api.post(idempotency_key="k")
    project_id, path = gone.json["id"], gone.headers["location"]
    for folder in ("projects", "plans", "test_results", "deployments"):
        api.objects.put(f"{folder}/{project_id}/a/b", b"x", "text/plain")
        api.objects.put(f"{folder}/{keep.json['id']}/a/b", b"x", "text/plain")
    answer = api.call("DELETE", path)
    assert (answer.status, answer.body) == (204, "")
    assert api.table.items == before
    assert len(api.objects.contents) == 4
    assert api.call("DELETE", path).problem == "not-found"
    assert api.call("GET", path).problem == "not-found"


def test_a_deletion_that_ran_out_of_time_goes_on_when_it_is_asked_again() -> None:
    api = FakeApi()
    path = api.post().headers["location"]
    api.seconds_left = 1.0
    answer = api.call("DELETE", path)
    assert (answer.status, answer.problem, answer.headers["retry-after"]) == (503, "unfinished", "1")
    assert api.call("GET", path).problem == "not-found"
    api.seconds_left = 29.0
    assert api.call("DELETE", path).status == 204
    assert api.table.items == {}


def test_what_agents_have_not_made_yet_is_named() -> None:
    api = FakeApi()
    path = api.post().headers["location"]
    for part, detail in (
        ("/plan", "The project has no plan yet."),
        ("/archive", "The project has no files yet."),
        ("/files/a.py", "There is no such file."),
    ):
        answer = api.call("GET", path + part)
        assert (answer.problem, answer.json["detail"]) == ("not-found", detail)


def test_a_file_is_found_below_all_its_folders() -> None:
    api = FakeApi()
    made = api.post()
    api.add_file(made.json["id"], "src/deep/er/a b.py", "x = 1\n")
    assert api.call("GET", f"{made.headers['location']}/files/src/deep/er/a%20b.py").body == "x = 1\n"


def test_a_project_without_its_first_item_does_not_exist() -> None:
    api = FakeApi()
    made = api.post()
    project_id, path = made.json["id"], made.headers["location"]
    api.add_file(project_id, "a.py", "x = 1\n")
    assert api.call("GET", f"{path}/files/a.py").body == "x = 1\n"
    api.table.write(Remove(Key(f"PROJECT#{project_id}", "METADATA")))
    for part in ("", "/plan", "/files", "/files/a.py", "/archive", "/tests", "/deployments", "/events"):
        assert api.call("GET", path + part).problem == "not-found"
