"""What each request writes: the project, its work, the timeline, and the result that an Idempotency-Key stands for."""

import hashlib
from typing import Any

import pytest

from shared.models.project import Failure, Revision
from shared.models.records import RequestRecord, WorkState
from shared.models.template import Template
from shared.models.text import MAX_REQUIREMENTS
from shared.models.workflow import ProjectStatus
from shared.storage.table import Key, Put, Update
from shared.templates import put_template
from tests.fakes.api import REQUIREMENTS, FakeApi
from tests.handlers.api.test_projects import finished, put_status

CHANGE = "Greet in French as well."
FAILURE = Failure(step="ops", reason="no package").model_dump()


def stored(api: FakeApi, project_id: str, sort_key: str) -> dict[str, Any]:
    """Return an item of a project."""
    return dict(api.table.items[Key(f"PROJECT#{project_id}", sort_key)])


def last_event(api: FakeApi, project_id: str) -> dict[str, Any]:
    """Return the last event of the timeline."""
    return dict(api.table.query(f"PROJECT#{project_id}", first="EVENT#", last="EVENT#~")[-1].attributes)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def put_work(api: FakeApi, project_id: str, work: str, state: WorkState, **fields: Any) -> None:
    """Write a work item, as finished work does that requests it."""
    attributes = {"work": work, "revision": {"build": 1, "round": 0}, "state": state, **fields}
    api.table.write(Put(Key(f"PROJECT#{project_id}", work), attributes))


def test_a_new_project_is_an_item_a_plan_that_is_due_and_an_event() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    project = stored(api, project_id, "METADATA")
    assert project == {
        **project, "name": "demo", "requirements": REQUIREMENTS, "template": None, "status": "CREATED", "version": 1,
        "idempotency": None,
    }  # fmt: skip
    assert project["revision"] == {"build": 1, "round": 0}
    assert project["created_at"] == project["updated_at"]
    assert stored(api, project_id, "PLAN#1")["state"] == "PENDING"
    event = last_event(api, project_id)
    assert event == {
        **event, "type": "project created", "at": project["updated_at"], "agent": "api", "work": "METADATA",
        "attempt": 0, "status": "CREATED", "detail": "",
    }  # fmt: skip


def test_a_project_never_takes_the_place_of_another() -> None:
    api = FakeApi()
    taken = Key("PROJECT#" + f"{1:026d}", "METADATA")
    api.table.write(Put(taken, {"name": "there"}))
    made = api.post()
    assert (made.status, made.json["id"] == f"{1:026d}") == (201, False)
    assert api.table.get(taken) == {"name": "there"}


def test_a_change_notes_what_is_wanted_and_where_the_project_stood() -> None:
    api = FakeApi()
    project_id = finished(api, ProjectStatus.NEEDS_REVIEW)
    put_status(api, project_id, ProjectStatus.NEEDS_REVIEW, score=61.5, failure=FAILURE)
    before = stored(api, project_id, "METADATA")
    answer = api.call("POST", f"/api/projects/{project_id}/modify", {"requirements": CHANGE})
    after = stored(api, project_id, "METADATA")
    assert (after["version"], after["failure"], after["revision"]) == (
        before["version"] + 1,
        None,
        {"build": 2, "round": 0},
    )
    assert after["updated_at"] > before["updated_at"]
    assert answer.headers["etag"] == f'"{after["version"]}"'
    change = stored(api, project_id, "MOD#2")
    assert change["requested_at"] == after["updated_at"]
    assert change["before"] == {"status": "NEEDS_REVIEW", "revision": {"build": 1, "round": 0}, "score": 61.5}
    assert stored(api, project_id, "PLAN#2")["state"] == "PENDING"
    event = last_event(api, project_id)
    assert (event["type"], event["status"], event["detail"]) == ("change requested", "PLANNING", "build 2")


@pytest.mark.parametrize("item", ["MOD#2", "PLAN#2"])
def test_a_change_writes_over_no_other(item: str) -> None:
    api = FakeApi()
    project_id = finished(api)
    api.table.write(Put(Key(f"PROJECT#{project_id}", item), {"there": True}))
    answer = api.call("POST", f"/api/projects/{project_id}/modify", {"requirements": CHANGE})
    assert answer.problem == "unavailable"
    assert stored(api, project_id, item) == {"there": True}


def test_a_deployment_that_is_requested_again_begins_anew() -> None:
    api = FakeApi()
    project_id = finished(api)
    path = f"/api/projects/{project_id}/deploy"
    api.call("POST", path, query={"unproven": "true"})
    assert last_event(api, project_id)["detail"] == "revision 1.0, unproven"
    work = Key(f"PROJECT#{project_id}", "DEPLOY#1.0")
    api.table.write(Update(work, set={"state": WorkState.FAILED, "failure": FAILURE}))
    put_status(api, project_id, ProjectStatus.COMPLETED, failure=FAILURE)
    before = stored(api, project_id, "METADATA")
    assert api.call("POST", path).status == 202
    deployment, after = stored(api, project_id, "DEPLOY#1.0"), stored(api, project_id, "METADATA")
    assert (deployment["state"], deployment["failure"], deployment["unproven"]) == ("PENDING", None, False)
    assert (after["status"], after["failure"], after["version"]) == ("DEPLOYING", None, before["version"] + 1)
    event = last_event(api, project_id)
    assert (event["type"], event["status"], event["detail"]) == ("deployment requested", "DEPLOYING", "revision 1.0")


@pytest.mark.parametrize("unproven", ["true", "false"])
def test_a_failed_deployment_is_wanted_unproven_or_not_each_time(unproven: str) -> None:
    api = FakeApi()
    project_id = finished(api)
    put_work(api, project_id, "DEPLOY#1.0", WorkState.FAILED, unproven=unproven == "false")
    api.call("POST", f"/api/projects/{project_id}/deploy", query={"unproven": unproven})
    assert stored(api, project_id, "DEPLOY#1.0")["unproven"] is (unproven == "true")


def test_a_retry_of_a_failed_project_is_counted_and_names_its_work() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    api.table.write(Update(Key(f"PROJECT#{project_id}", "PLAN#1"), set={"state": WorkState.FAILED, "failure": FAILURE}))
    put_work(api, project_id, "DEPLOY#1.0", WorkState.PENDING)
    put_status(api, project_id, ProjectStatus.FAILED, failure=FAILURE, retries=2)
    before = stored(api, project_id, "METADATA")
    assert api.call("POST", f"/api/projects/{project_id}/retry").status == 202
    after, event = stored(api, project_id, "METADATA"), last_event(api, project_id)
    assert (after["status"], after["failure"], after["retries"]) == ("PLANNING", None, 3)
    assert (after["version"], after["updated_at"]) == (before["version"] + 1, event["at"])
    assert (event["type"], event["status"]) == ("retry requested", "PLANNING")
    assert event["detail"] == "DEPLOY#1.0, PLAN#1"


def test_a_retry_of_a_project_at_work_leaves_its_status_and_is_not_counted() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    put_status(api, project_id, ProjectStatus.TESTING, retries=2)
    before = stored(api, project_id, "METADATA")
    assert api.call("POST", f"/api/projects/{project_id}/retry").status == 202
    after = stored(api, project_id, "METADATA")
    assert (after["status"], after["retries"], after["version"]) == ("TESTING", 2, before["version"] + 1)


@pytest.mark.parametrize(
    ("work", "status"), [("PLAN#1", "PLANNING"), ("DEPLOY#1.0", "DEPLOYING")], ids=["plan", "deployment"]
)
def test_a_failed_project_goes_back_to_the_step_of_its_failed_work(work: str, status: str) -> None:
    api = FakeApi()
    project_id = finished(api, ProjectStatus.FAILED)
    put_work(api, project_id, work, WorkState.FAILED)
    assert api.call("POST", f"/api/projects/{project_id}/retry").json["status"] == status


def test_the_plan_of_a_build_is_asked_for_as_before_its_repairs() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    api.sent.take()
    put_status(api, project_id, ProjectStatus.TESTING, revision={"build": 1, "round": 1})
    assert api.call("POST", f"/api/projects/{project_id}/retry").status == 202
    assert [message.revision for message in api.sent.messages] == [Revision(build=1)]


def test_failed_work_decides_the_step_before_work_that_waits() -> None:
    api = FakeApi()
    project_id = str(api.post().json["id"])
    put_work(api, project_id, "DEPLOY#1.0", WorkState.FAILED, failure=FAILURE)
    put_status(api, project_id, ProjectStatus.FAILED)
    assert api.call("POST", f"/api/projects/{project_id}/retry").json["status"] == "DEPLOYING"
    assert stored(api, project_id, "DEPLOY#1.0")["state"] == "PENDING"


@pytest.mark.parametrize(
    ("status", "state"),
    [(ProjectStatus.COMPLETED, WorkState.PENDING), (ProjectStatus.FAILED, WorkState.DONE)],
    ids=["finished, with work", "failed, without work"],
)
def test_without_a_step_to_continue_there_is_nothing_to_retry(status: ProjectStatus, state: WorkState) -> None:
    api = FakeApi()
    project_id = finished(api, status)
    put_work(api, project_id, "DEPLOY#1.0", state)
    answer = api.call("POST", f"/api/projects/{project_id}/retry")
    assert answer.problem == "not-now"
    assert answer.json["detail"] == f"The project is {status}: there is nothing to retry."


def test_a_write_replaces_only_what_it_changes() -> None:
    api = FakeApi()
    made = api.post()
    writes: list[Update] = []
    write = api.table.write

    def watched(*given: Any) -> None:
        writes.extend(given)
        write(*given)

    api.table.write = watched  # type: ignore[method-assign]
    api.call("PUT", made.headers["location"], {"name": "new"}, if_match="*")
    (update,) = writes
    assert (set(update.set), update.set["name"]) == ({"name", "updated_at"}, "new")
    assert (update.add, update.among) == ({"version": 1}, {"version": [1]})


@pytest.mark.parametrize(("length", "status"), [(200, "version-changed"), (201, "invalid")])
def test_an_if_match_has_a_bound(length: int, status: str) -> None:
    api = FakeApi()
    path = api.post().headers["location"]
    answer = api.call("PUT", path, {"name": "new"}, if_match="x" * length)
    assert answer.problem == status
    if status == "version-changed":
        assert answer.json["detail"] == "The project is at version 1. GET it again."


@pytest.mark.parametrize(
    ("action", "query", "body", "content"),
    [
        ("", {}, {"name": "demo", "template": "t"}, 'create\n{"name":"demo","requirements":null,"template":"t"}'),
        ("/modify", {}, {"requirements": CHANGE}, f'modify\n{{"requirements":"{CHANGE}"}}'),
        ("/deploy", {}, None, "deploy\n"),
        ("/deploy", {"unproven": "true"}, None, "deploy unproven\n"),
        ("/retry", {}, None, "retry\n"),
    ],
)
def test_a_key_is_kept_with_what_it_was_used_for_for_a_day(
    action: str, query: dict[str, str], body: dict[str, Any] | None, content: str
) -> None:
    """The digests stay the same from one version of the API to the next, so that keys outlive an update."""
    api = FakeApi()
    api.table.write(put_template(Template(id="t", name="To-do", description="A list.", requirements="A to-do list.")))
    project_id = str(api.post().json["id"]) if action == "/retry" else finished(api)
    path = f"/api/projects/{project_id}{action}" if action else "/api/projects"
    answer = api.call("POST", path, body, query=query, idempotency_key="k")
    assert answer.status in {201, 202}, answer.body
    key = f"REQUEST#{sha256('k')}"
    request = api.table.items[Key(f"PROJECT#{project_id}", key) if action else Key(key, "METADATA")]
    assert request["content"] == sha256(content)
    assert request["expires_at"] == 1767225600 + 24 * 3600
    project, messages = RequestRecord.model_validate(request).project, RequestRecord.model_validate(request).messages
    assert (project.id, len(messages)) == (answer.json["id"], 1)
    if not action:
        assert (project.idempotency, project.template) == (key, "t")


def test_a_deployment_is_not_the_same_request_if_it_is_wanted_unproven() -> None:
    api = FakeApi()
    path = f"/api/projects/{finished(api)}/deploy"
    assert api.call("POST", path, idempotency_key="k").status == 202
    answer = api.call("POST", path, query={"unproven": "true"}, idempotency_key="k")
    assert answer.problem == "key-reused"
    assert answer.json["detail"].startswith("This Idempotency-Key was used with a different request")


@pytest.mark.parametrize("length", [1, 200])
def test_a_key_has_up_to_200_characters(length: int) -> None:
    assert FakeApi().post(idempotency_key="~" * length).status == 201


@pytest.mark.parametrize("more", [0, 1])
def test_requirements_together_with_a_templates_have_the_same_bound(more: int) -> None:
    api = FakeApi()
    text = "x" * (MAX_REQUIREMENTS // 2)
    api.table.write(put_template(Template(id="todo", name="To-do", description="A list.", requirements=text)))
    own = "y" * (MAX_REQUIREMENTS - len(text) - len("\n\n") + more)
    answer = api.call("POST", "/api/projects", {"name": "demo", "template": "todo", "requirements": own})
    assert answer.status == (422 if more else 201)
    if more:
        detail = f"together with the template's, more than {MAX_REQUIREMENTS} characters"
        assert answer.json["errors"] == [{"pointer": "/requirements", "detail": detail}]


def test_a_template_that_is_not_there_is_named_by_its_place() -> None:
    answer = FakeApi().call("POST", "/api/projects", {"name": "demo", "template": "no-such"})
    assert answer.json["errors"] == [{"pointer": "/template", "detail": "there is no such template"}]


def test_work_that_could_not_be_queued_says_how_to_queue_it() -> None:
    api = FakeApi()
    api.sent.broken = True
    answer = api.post()
    where = answer.headers["location"]
    assert answer.json["detail"] == (
        f"The request is stored but its work is not queued yet; POST {where}/retry in a moment."
    )
    assert where == f"/api/projects/{answer.json['project_id']}"


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "", "There is no such project."),
        ("DELETE", "", "There is no such project."),
        ("POST", "/retry", "There is no such project."),
        ("GET", "/archive", "There is no such project."),
    ],
)
def test_what_is_missing_is_named(method: str, path: str, detail: str) -> None:
    assert FakeApi().call(method, f"/api/projects/{'0' * 26}{path}").json["detail"] == detail
