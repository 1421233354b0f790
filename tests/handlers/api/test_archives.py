"""All files of a project as one zip: built once for the same files, recorded by an item, deleted with the project."""

import hashlib
import io
import zipfile
from typing import Any

import pytest

from tests.fakes.api import FakeApi


def named_objects(api: FakeApi, project_id: str) -> dict[str, str]:
    """Return the objects that a project's archives name, with their SHA-256."""
    items = api.table.query(f"PROJECT#{project_id}", first="ARCHIVE#", last="ARCHIVE#~")
    return {item.attributes["object"]["key"]: item.attributes["object"]["sha256"] for item in items}


def test_the_archive_of_the_same_files_is_made_once() -> None:
    api = FakeApi()
    made = api.post()
    path = made.headers["location"] + "/archive"
    assert api.call("GET", path).problem == "not-found"
    api.add_file(made.json["id"], "a.py", "x = 1\n")
    api.add_file(made.json["id"], "b/c.py", "y = 2\n")
    first = api.call("GET", path).json
    (key,) = named_objects(api, made.json["id"])
    assert zipfile.ZipFile(io.BytesIO(api.objects.contents[key])).namelist() == ["a.py", "b/c.py"]
    assert (first["files"], first["size"]) == (2, len(api.objects.contents[key]))
    api.objects.put = None  # type: ignore[method-assign, assignment]
    assert api.call("GET", path).json == first


def test_every_archive_that_was_made_is_named_by_an_item_until_the_project_goes() -> None:
    api = FakeApi()
    made = api.post()
    path, project_id = made.headers["location"], made.json["id"]
    for text in ("x = 1\n", "x = 2\n", "x = 1\n", "x = 3\n"):
        api.add_file(project_id, "a.py", text)
        answer = api.call("GET", f"{path}/archive").json
        assert answer["sha256"] in named_objects(api, project_id).values()
    stored = {key for key in api.objects.contents if "/archives/" in key}
    assert stored == set(named_objects(api, project_id))
    assert len(stored) == 3
    assert all(
        hashlib.sha256(api.objects.contents[key]).hexdigest() == sha256
        for key, sha256 in named_objects(api, project_id).items()
    )
    assert api.call("DELETE", path).status == 204
    assert (api.table.items, api.objects.contents) == ({}, {})


@pytest.mark.parametrize("moment", ["put", "get"])
def test_an_archive_made_while_its_project_is_deleted_is_swept_up(moment: str) -> None:
    api = FakeApi()
    made = api.post()
    path, project_id = made.headers["location"], made.json["id"]
    api.add_file(project_id, "a.py", "x = 1\n")
    real = getattr(api.objects, moment)

    def after_a_deletion(*given: Any) -> Any:
        setattr(api.objects, moment, real)
        read = real(*given) if moment == "get" else None
        assert api.call("DELETE", path).status == 204
        return read if moment == "get" else real(*given)

    setattr(api.objects, moment, after_a_deletion)
    assert api.call("GET", f"{path}/archive").problem == "not-found"
    assert (api.table.items, api.objects.contents) == ({}, {})
