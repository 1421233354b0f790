"""What the agents made of a project, as the API returns it: its plan, files, archive, and links to its reports."""

import hashlib
from typing import Any

import pytest

from shared.items import put_file, put_pending
from shared.models.errors import Retryable
from shared.models.messages import DeployRequested, TestRequested
from shared.models.project import Revision, StoredObject
from shared.models.records import DeploymentRecord, FileRecord, TestRecord
from shared.storage.objects import describe
from shared.storage.table import Key, Update
from tests.fakes.api import FakeApi

PLAN = """{
  "summary": "A library.", "assumptions": [], "shared_contract": "greet(name)", "tasks": [{
    "id": "code", "title": "Code", "type": "code", "language": "python", "depends_on": [],
    "files": [{"path": "greet.py", "action": "create", "purpose": "greets"}], "acceptance_criteria": []
  }]
}"""


def begun(api: FakeApi) -> tuple[str, str]:
    """Create a project; return its id and its path."""
    made = api.post()
    return str(made.json["id"]), made.headers["location"]


def stored(name: str) -> StoredObject:
    return StoredObject(key=name, size=1, sha256="0" * 64)


def link(name: str) -> str:
    return f"memory:{name}?seconds=900"


def about(project_id: str) -> dict[str, Any]:
    return {"project_id": project_id, "correlation_id": "request-1", "revision": Revision(build=1)}


def test_a_plan_is_the_one_that_the_current_build_names() -> None:
    api = FakeApi()
    project_id, path = begun(api)
    named = api.objects.put("plans/a", PLAN.encode(), "application/json")
    api.table.write(Update(Key(f"PROJECT#{project_id}", "PLAN#1"), set={"plan": named.model_dump()}))
    answer = api.call("GET", f"{path}/plan")
    assert (answer.status, answer.json["summary"], answer.json["tasks"][0]["id"]) == (200, "A library.", "code")
    api.table.write(Update(Key(f"PROJECT#{project_id}", "METADATA"), set={"revision": {"build": 2, "round": 0}}))
    assert api.call("GET", f"{path}/plan").json["detail"] == "The project has no plan yet."


@pytest.mark.parametrize("content", ["", "x = 'é'\n"])
def test_a_file_is_its_text(content: str) -> None:
    api = FakeApi()
    project_id, path = begun(api)
    api.add_file(project_id, "a.py", content)
    answer = api.call("GET", f"{path}/files/a.py")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, content, "text/plain; charset=utf-8")


def test_bytes_of_a_file_that_are_no_text_are_replaced() -> None:
    api = FakeApi()
    project_id, path = begun(api)
    api.objects.contents["a"] = b"a\xffb"
    record = FileRecord(path="a.txt", language="text", revision=Revision(build=1), object=describe("a", b"a\xffb"))
    api.table.write(put_file(project_id, record))
    assert api.call("GET", f"{path}/files/a.txt").body == "a\ufffdb"


def test_a_path_is_taken_as_it_was_sent_before_it_is_unquoted() -> None:
    api = FakeApi()
    project_id, path = begun(api)
    api.add_file(project_id, "a b", "unquoted")
    assert api.call("GET", f"{path}/files/a%20b").body == "unquoted"
    api.add_file(project_id, "a%20b", "as sent")
    assert api.call("GET", f"{path}/files/a%20b").body == "as sent"


@pytest.mark.parametrize("name", ["..%2fother", "../other", "a%0Ab", "a\nb", "%00", "/etc/passwd"])
def test_what_is_no_path_is_not_looked_up(name: str) -> None:
    api = FakeApi()
    _, path = begun(api)
    get, keys = api.table.get, list[Key]()

    def watched(key: Key) -> Any:
        keys.append(key)
        return get(key)

    api.table.get = watched  # type: ignore[method-assign]
    answer = api.call("GET", f"{path}/files/{name}")
    assert (answer.problem, answer.json["detail"]) == ("not-found", "There is no such file.")
    as_sent = [f"FILE#{name}"] if "%" in name else []
    assert [key.sk for key in keys] == ["METADATA", *as_sent], "unquoted, it is no path"


def test_a_test_links_to_its_report_and_its_page_for_15_minutes() -> None:
    api = FakeApi()
    project_id, path = begun(api)
    record = {"report": stored("report"), "page": stored("page")}
    api.table.write(put_pending(TestRequested(**about(project_id)), TestRecord, **record))
    (test,) = api.call("GET", f"{path}/tests").json["items"]
    assert (test["report_url"], test["page_url"]) == (link("report"), link("page"))


def test_a_deployment_links_to_its_parts_for_15_minutes_and_to_none_that_it_lacks() -> None:
    api = FakeApi()
    project_id, path = begun(api)
    parts = {name: stored(name) for name in ("package", "template", "instructions")}
    message = DeployRequested(**about(project_id))
    api.table.write(put_pending(message, DeploymentRecord, **parts))
    (deployment,) = api.call("GET", f"{path}/deployments").json["items"]
    assert {name: deployment[f"{name}_url"] for name in parts} == {name: link(name) for name in parts}
    api.table.write(Update(Key(f"PROJECT#{project_id}", message.work), set=dict.fromkeys(parts)))
    (deployment,) = api.call("GET", f"{path}/deployments").json["items"]
    assert {deployment[f"{name}_url"] for name in parts} == {None}


def test_an_archive_is_a_zip_named_after_its_files_with_a_link_for_15_minutes() -> None:
    """The name stays the same from one version of the API to the next, so that no archive is made twice."""
    api = FakeApi()
    project_id, path = begun(api)
    texts = {"a/c.py": "x = 1\n", "b.py": "y = 2\n"}
    for name in sorted(texts, reverse=True):
        api.add_file(project_id, name, texts[name])
    answer = api.call("GET", f"{path}/archive").json
    listed = "\n".join(f"{hashlib.sha256(text.encode()).hexdigest()} {name}" for name, text in texts.items())
    digest = hashlib.sha256(listed.encode()).hexdigest()
    item = api.table.items[Key(f"PROJECT#{project_id}", f"ARCHIVE#{digest}")]
    (key,) = [key for key, kind in api.objects.types.items() if kind == "application/zip"]
    assert item == {"files": digest, "object": describe(key, api.objects.contents[key]).model_dump()}
    assert digest in key
    assert answer["url"] == link(key)


def test_an_archive_of_a_project_that_was_deleted_meanwhile_is_of_no_project() -> None:
    api = FakeApi()
    project_id, path = begun(api)
    api.add_file(project_id, "a.py", "x = 1\n")
    put = api.objects.put

    def after_a_deletion(*given: Any) -> Any:
        api.objects.put = put  # type: ignore[method-assign]
        assert api.call("DELETE", path).status == 204
        return put(*given)

    api.objects.put = after_a_deletion  # type: ignore[method-assign, assignment]
    assert api.call("GET", f"{path}/archive").json["detail"] == "There is no such project."


def test_a_template_that_is_missing_is_named() -> None:
    assert FakeApi().call("GET", "/api/templates/other").json["detail"] == "There is no such template."


@pytest.mark.parametrize(("name", "status"), [("a" * 64, 404), ("a" * 65, 422), ("A", 422), ("-a", 422)])
def test_a_templates_id_has_a_form(name: str, status: int) -> None:
    assert FakeApi().call("GET", f"/api/templates/{name}").status == status


def test_the_health_check_says_what_does_not_answer() -> None:
    def lost() -> None:
        raise Retryable("refused")

    api = FakeApi(things={"table": lost, "bucket": lambda: None, "pm-queue": lost})
    answer = api.call("GET", "/health/deep").json
    assert answer["detail"] == "No answer from table, pm-queue; look at the API's log."
    assert [sorted(check) for check in answer["checks"]] == [["milliseconds", "name", "ok"]] * 3
