"""The list of projects is filtered, searched and paged; a new project's request is checked first."""

import pytest

from agenticai.client.errors import ApiError
from agenticai.client.model_cost import Model
from agenticai.dashboard.services.new_project import LARGEST_FILE, InvalidInput, NewRequest, make_request
from agenticai.dashboard.services.project_list import MOST_PAGES, PAGE, SEARCHED_PAGE, find_projects, make_rows
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus
from tests.fakes.dashboard_projects import ID, FakeProjectsApi, at, project


def many(number: int) -> FakeProjectsApi:
    return FakeProjectsApi([project(f"{one:026d}", f"Project {one}") for one in range(number)])


class TestFinding:
    def test_a_page_is_followed_by_the_next(self) -> None:
        api = many(PAGE + 1)
        first = find_projects(api)
        second = find_projects(api, cursor=first.next)
        assert [len(first.projects), len(second.projects)] == [PAGE, 1]
        assert second.next is None

    def test_a_status_filters(self) -> None:
        api = FakeProjectsApi([project(), project("0" * 26, status=ProjectStatus.FAILED)])
        assert [found.id for found in find_projects(api, status=ProjectStatus.FAILED).projects] == ["0" * 26]

    def test_a_text_is_sought_in_names_on_all_pages_whatever_its_case(self) -> None:
        found = find_projects(many(SEARCHED_PAGE + 20), " PROJECT 11")
        assert [one.name for one in found.projects] == ["Project 11", *(f"Project {n}" for n in range(110, 120))]
        assert (found.looked_at, found.next) == (SEARCHED_PAGE + 20, None)

    def test_a_search_ends_after_some_pages_and_says_where_to_go_on(self) -> None:
        found = find_projects(many(SEARCHED_PAGE * MOST_PAGES + 1), "nothing")
        assert found.projects == ()
        assert found.next == str(SEARCHED_PAGE * MOST_PAGES)

    def test_an_id_is_asked_for_alone(self) -> None:
        api = FakeProjectsApi([project()])
        assert [one.id for one in find_projects(api, ID.lower()).projects] == [ID]
        assert find_projects(api, "0" * 26).projects == ()
        assert find_projects(api, ID, ProjectStatus.FAILED).projects == ()

    def test_what_else_the_api_refuses_is_not_hidden(self) -> None:
        class Broken(FakeProjectsApi):
            def get(self, project_id: str) -> ProjectView:
                raise ApiError("no", 401)

        with pytest.raises(ApiError):
            find_projects(Broken(), ID)


def test_rows_tell_age_and_cost() -> None:
    (live,) = make_rows([project()], at(60), Model("gemini-3.5-flash-lite", "live"))
    (stored,) = make_rows([project()], at(60), Model("gemini-3.5-flash-lite", "stored"))
    (unknown,) = make_rows([project()], at(60), Model("gemini-3.5-flash-lite", None))
    assert (live.age_s, live.revision, live.score) == (60, "1.0", 90)
    assert live.cost_usd
    assert (stored.cost_usd, unknown.cost_usd) == (0, None)


class TestNewRequest:
    def test_a_name_is_taken_from_the_requirements(self) -> None:
        assert make_request(" ", "one two three four five six seven", None, None).name == "one two three four five six"
        assert make_request(" A \n name ", "text", None, None).name == "A name"
        assert make_request("", "", None, "cli-tool") == NewRequest("cli-tool", None, "cli-tool")

    def test_a_file_holds_them_too(self) -> None:
        assert make_request("n", "", "\ufeffGrüße\n".encode(), None).requirements == "Grüße"

    @pytest.mark.parametrize(
        ("text", "file", "reason"),
        [
            ("", None, "Enter the requirements"),
            ("", b" \n", "Enter the requirements"),
            ("text", b"file", "not both"),
            ("", b"\xff", "byte 1"),
            ("", b"x" * (LARGEST_FILE + 1), "the limit is"),
        ],
    )
    def test_what_cannot_be_posted_says_why(self, text: str, file: bytes | None, reason: str) -> None:
        with pytest.raises(InvalidInput, match=reason):
            make_request("", text, file, None)
