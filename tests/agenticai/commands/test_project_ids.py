"""A project is named by its id, by the beginning of its id, or by `last`."""

from collections.abc import Sequence
from urllib.parse import parse_qs

import httpx2
import pytest

from agenticai.client.api import ProjectsApi
from agenticai.client.errors import SettingsError
from agenticai.commands.project_ids import find_project, suggest_ids
from shared.models.views import ProjectPage
from tests.agenticai.client.test_api import PROJECT

NEWEST, MIDDLE, OLDEST = (f"01M8D{rest:0<21}" for rest in ("563FJ", "4VCTR", "4TT5S"))
IDS = (NEWEST, MIDDLE, OLDEST)


def api(ids: Sequence[str] = IDS, page: int = 2) -> ProjectsApi:
    """Return an API that lists projects with these ids, `page` of them per page."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        query = parse_qs(request.url.query.decode())
        begin, limit = int(query.get("cursor", ["0"])[0]), min(page, int(query["limit"][0]))
        items = [PROJECT.model_copy(update={"id": id_, "name": f"of {id_}"}) for id_ in ids]
        rest = str(begin + limit) if begin + limit < len(items) else None
        listed = ProjectPage(items=items[begin : begin + limit], next=rest)
        return httpx2.Response(200, text=listed.model_dump_json())

    return ProjectsApi("http://api", "token", transport=httpx2.MockTransport(answer))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("last", NEWEST),
        ("01M8D5", NEWEST),
        ("01m8d4v", MIDDLE),
        ("01M8D4T", OLDEST),
        (MIDDLE, MIDDLE),
        (MIDDLE.lower(), MIDDLE),
        ("0" * 26, "0" * 26),
    ],
)
def test_a_project_is_found(given: str, found: str) -> None:
    assert find_project(api(), given) == found


@pytest.mark.parametrize("given", ["nope", "02", "[/nope]", "..", "x" * 5000, "01M8D563FJ00000000000000000"])
def test_what_no_project_begins_with_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match=r"There is no project .* lists them"):
        find_project(api(), given)


def test_nothing_names_no_project() -> None:
    with pytest.raises(
        SettingsError, match=r"^Name a project by its id or the beginning of it; `.* status` lists them"
    ):
        find_project(api(), "")


def test_several_are_named() -> None:
    with pytest.raises(SettingsError, match=rf"2 projects begin with 01M8D4: {MIDDLE} \(of {MIDDLE}\), {OLDEST}"):
        find_project(api(), "01M8D4")
    many = [f"0{number:025}" for number in range(9)]
    with pytest.raises(SettingsError, match=r"9 projects begin with 0: .*, and 4 more"):
        find_project(api(many), "0")


def test_there_may_be_no_last_one() -> None:
    with pytest.raises(SettingsError, match=r"There is no project yet: `.* new` posts one"):
        find_project(api(()), "last")


def test_where_nothing_answers_nothing_is_suggested() -> None:
    assert suggest_ids("http://127.0.0.1:1", "dev", "01") == []
