"""The pages of projects and of model calls, drawn with fakes: their content, their actions, and their escaping."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from agenticai.client.errors import ApiError
from agenticai.client.queues.model import AgentQueues, DeadLetter, Depth, QueueState, RequestedWork
from agenticai.dashboard.components import session
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.views.project import SECTIONS
from agenticai.dashboard.views.projects import ALL
from shared.models.project import Failure, Revision
from shared.models.records import TriedFunction
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus
from tests.fakes.dashboard import message
from tests.fakes.dashboard_filled import filled
from tests.fakes.dashboard_projects import (
    ID,
    NOT_TOLD,
    FakeConnection,
    exchange,
    missed_reply,
    plan,
    project,
    task,
)
from tests.unfolding import unfold

LIMIT_SECONDS = 60
DRAWN = "from agenticai.dashboard.views import {0}\n{0}.page()"
Open = Callable[..., AppTest]
FIRST = Revision(build=1)
MARKUP = ("<script>", "**bold**", "[x](http", ":red[r]", "\x1b", "\u202e")
PLAN_REPLY = plan(task("one")).model_dump_json()
MISSED_REASON = f"No stored reply fits this.\nThe request is kept in /run/gemini-misses/{'a' * 32}.yaml."


@pytest.fixture
def connection() -> FakeConnection:
    return FakeConnection()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, connection: FakeConnection) -> Open:
    """Return a function that opens a page with the fake connection, and parameters in its address."""

    def open_page(name: str = "projects", **query: str) -> AppTest:
        monkeypatch.setattr(session, "get_connection", lambda: connection)
        page = AppTest.from_string(DRAWN.format(name), default_timeout=LIMIT_SECONDS)
        for parameter, value in query.items():
            page.query_params[parameter] = value
        page.run()
        assert not page.exception
        return page

    return open_page


def shown(page: AppTest) -> str:
    """Return all text of a page."""
    kinds = (
        page.title, page.text, page.caption, page.markdown, page.code, page.info, page.warning, page.success, page.error
    )  # fmt: skip
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def markup(page: AppTest) -> str:
    """Return everything that Streamlit reads as Markdown."""
    kinds = (page.title, page.header, page.subheader, page.caption, page.markdown, page.info, page.warning,
             page.success, page.error)  # fmt: skip
    return "\n".join(str(element.value) for kind in kinds for element in kind)


class TestList:
    def test_projects_are_listed_with_what_they_cost(self, opened: Open, connection: FakeConnection) -> None:
        connection.api.projects = [project(), project("0" * 26, "Other", ProjectStatus.FAILED)]
        table = opened().dataframe[0].value
        assert list(table["name"]) == ["Greeting", "Other"]
        assert list(table["status"]) == ["COMPLETED", "FAILED"]
        assert (table["age"][0], table["model cost"][0][0], table["AWS cost"][0]) == ("1 min", "$", "-")

    def test_a_search_and_a_status_narrow_the_list(self, opened: Open, connection: FakeConnection) -> None:
        connection.api.projects = [project(), project("0" * 26, "Other", ProjectStatus.FAILED)]
        page = opened()
        page.text_input(key="projects-search").input("oth").run()
        assert list(page.dataframe[0].value["name"]) == ["Other"]
        page.selectbox(key="projects-status").select("COMPLETED").run()
        assert "No project matches." in shown(page)
        page.text_input(key="projects-search").input("").run()
        assert list(page.dataframe[0].value["name"]) == ["Greeting"]
        assert page.selectbox(key="projects-status").options[0] == ALL

    def test_older_projects_are_a_page_away_and_newer_ones_back(self, opened: Open, connection: FakeConnection) -> None:
        connection.api.projects = [project(f"{number:026d}", str(number)) for number in range(30)]
        page = opened()
        assert page.button(key="projects-newer").disabled
        page.button(key="projects-older").click().run()
        assert list(page.dataframe[0].value["name"]) == ["25", "26", "27", "28", "29"]
        assert page.button(key="projects-older").disabled
        page.button(key="projects-newer").click().run()
        assert page.dataframe[0].value["name"][0] == "0"

    def test_a_new_project_is_posted_and_opened(self, opened: Open, connection: FakeConnection) -> None:
        page = unfold(opened(), "new-project-fold")
        page.text_area(key="new-text").input("Greet people, please.")
        page.selectbox(key="new-template").select("cli-tool")
        page.button(key="new-create").click().run()
        assert connection.api.asked == [("create", "Greet people, please.", "Greet people, please.", "cli-tool")]
        assert page.query_params["project"] == "01ARZ3NDEKTSV4RRFFQ69G5FAW"

    def test_what_is_folded_is_not_drawn_before_and_stays_afterwards(self, opened: Open) -> None:
        page = opened()
        assert not page.text_area
        assert unfold(page, "new-project-fold").text_area(key="new-text")
        page.session_state["new-project-fold"] = False
        assert page.run().text_area(key="new-text")

    def test_what_cannot_be_posted_is_said(self, opened: Open, connection: FakeConnection) -> None:
        page = unfold(opened(), "new-project-fold")
        page.button(key="new-create").click().run()
        assert "Enter the requirements" in page.error[0].value
        connection.api.refusal = "The API refused this (422): **no**"
        page.text_area(key="new-text").input("Greet.")
        page.button(key="new-create").click().run()
        assert "\\*\\*no\\*\\*" in page.error[0].value


class TestProject:
    @pytest.mark.parametrize("section", SECTIONS)
    def test_every_section_is_drawn_with_nothing_of_the_project_known(
        self, opened: Open, connection: FakeConnection, section: str
    ) -> None:
        connection.api.projects = [project(status=ProjectStatus.CREATED)]
        page = opened(project=ID, section=section)
        assert page.title[0].value == "Greeting"
        assert not page.warning

    @pytest.mark.parametrize("section", SECTIONS)
    def test_no_text_from_outside_is_markup(self, opened: Open, connection: FakeConnection, section: str) -> None:
        made = filled()
        connection.api, connection.source = made.api, made.source
        page = unfold(opened(project=ID, section=section), "change-fold", "spans-fold")
        assert "alert(1)" in markup(page).replace("\\", "")
        for part in MARKUP:
            assert part not in markup(page), part
        assert "\u202e" not in shown(page)

    @pytest.mark.parametrize("project_id", ["0" * 26, "../../etc/passwd", "<script>"])
    def test_a_project_that_is_not_there_has_a_sentence_in_its_place(
        self, opened: Open, connection: FakeConnection, project_id: str
    ) -> None:
        page = opened(project=project_id)
        assert "There is no such project." in page.info[0].value
        page.button(key="all-projects").click().run()
        assert "project" not in page.query_params

    @pytest.mark.parametrize(("looking", "said"), [("", "is a dead letter now"), ("It counts.", "may be one")])
    def test_a_project_that_waits_for_a_dead_letter_says_so(
        self, opened: Open, connection: FakeConnection, looking: str, said: str
    ) -> None:
        connection.api.projects = [project(status=ProjectStatus.PLANNING)]
        queue = QueueState("pm-queue", Depth(0, 0, 0), None)
        connection.source.waiting = [AgentQueues("pm", queue, QueueState("pm-dlq", Depth(1, 0, 0), None))]
        connection.source.dead = [DeadLetter(message("m", "{}"), RequestedWork(ID, "PLAN#1", None))]
        connection.source.looking = looking
        page = opened(project=ID)
        assert any(said in told.value for told in (*page.warning, *page.info))
        connection.source.waiting, connection.source.dead = [], []
        page.run()
        assert not page.warning

    def test_a_project_is_read_once_for_all_parts_of_its_page(
        self, opened: Open, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connection.api.projects, get, asked = [project()], connection.api.get, list[str]()

        def noted(project_id: str) -> ProjectView:
            asked.append(project_id)
            return get(project_id)

        monkeypatch.setattr(connection.api, "get", noted)
        opened(project=ID)
        assert asked == [ID]

    def test_the_way_back_to_the_list_is_open_from_every_section(
        self, opened: Open, connection: FakeConnection
    ) -> None:
        connection.api.projects = [project()]
        page = opened(project=ID, section="Quality")
        page.button(key="all-projects").click().run()
        assert not page.exception
        assert page.title[0].value == "Projects"

    def test_quality_shows_the_parts_and_each_finding(self, opened: Open, connection: FakeConnection) -> None:
        made = filled()
        connection.api, connection.source = made.api, made.source
        page = opened(project=ID, section="Quality")
        assert page.dataframe[0].value["points"][0] == "20 of 40"
        assert "**50 of 100**: not passed" in shown(page)
        assert any("3: " in element.value for element in page.code)

    def test_use_tells_money_or_why_not(self, opened: Open, connection: FakeConnection) -> None:
        made = filled()
        connection.api, connection.source = made.api, made.source
        page = opened(project=ID, section="Use and cost")
        assert {metric.label: metric.value for metric in page.metric}["Lambda GB-seconds"] == "0.500"
        connection.source.used = Missing(NOT_TOLD)
        assert NOT_TOLD in shown(page.run())

    def test_a_finished_project_can_be_changed_and_packaged(self, opened: Open, connection: FakeConnection) -> None:
        connection.api.projects = [project()]
        page = opened(project=ID)
        assert page.button(key="retry").disabled
        page.button(key="deploy").click().run()
        unfold(page, "change-fold").text_area(key="change-text").input("Greet louder.")
        page.button(key="change-ask").click().run()
        assert connection.api.asked == [("deploy", ID), ("modify", ID, "Greet louder.")]
        assert "The change is being planned." in shown(page)

    def test_a_failed_project_can_be_retried_and_a_refusal_is_shown(
        self, opened: Open, connection: FakeConnection
    ) -> None:
        failure = Failure(step="pm", reason=MISSED_REASON)
        connection.api.projects = [project(status=ProjectStatus.FAILED, failure=failure)]
        page = opened(project=ID)
        assert page.button(key="deploy").disabled
        assert "a" * 32 in shown(page)
        page.button(key="retry").click().run()
        assert connection.api.asked == [("retry", ID)]
        connection.api.refusal = "The API refused this (409): not now"
        page.button(key="retry").click().run()
        assert "not now" in page.error[-1].value

    def test_a_deployment_says_what_was_tried_and_what_was_not(self, opened: Open, connection: FakeConnection) -> None:
        connection.api.projects = [project()]
        made, not_tried = filled().api.packaged[0], "b.handler was not tried: not runnable here: needs numpy"
        tried = (
            TriedFunction(handler="a.handler", passed=True, seen="a.handler answered"),
            TriedFunction(handler="b.handler", passed=None, seen=not_tried),
        )
        seen = {"proof": f"a.handler answered; {not_tried}", "tried": tried, "proven": True}
        connection.api.packaged = [made.model_copy(update={**seen, "package_url": None, "template_url": None,
                                                           "instructions_url": None})]  # fmt: skip
        page = opened(project=ID, section="Deployments")
        assert "**Proven.**" in shown(page)
        assert f"passed: a.handler answered\nnot tried: {not_tried}" in shown(page)
        assert "unproven" not in {button.key for button in page.button}

    def test_what_could_not_be_read_of_a_project_at_rest_is_asked_for_again(
        self, opened: Open, connection: FakeConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connection.api.projects = [project()]

        def refuse(_: str) -> None:
            raise ApiError("The API refused this (429): Too Many Requests", 429)

        with monkeypatch.context() as throttled:
            throttled.setattr(connection.api, "list_deployments", refuse)
            page = opened(project=ID, section="Deployments")
            assert "429" in page.warning[0].value
            assert page.warning[0].value.endswith("This page asks again by itself.")
        assert not page.run().warning

    def test_a_package_that_failed_is_overruled_only_when_asked_twice(
        self, opened: Open, connection: FakeConnection
    ) -> None:
        made = filled()
        connection.api, connection.source = made.api, made.source
        connection.api.projects = [project(status=ProjectStatus.NEEDS_REVIEW)]
        page = opened(project=ID, section="Deployments")
        assert "the package failed when it was tried" in page.warning[0].value
        page.button(key="unproven").click().run()
        page.button(key="unproven-no").click().run()
        assert connection.api.asked == []
        page.button(key="unproven").click().run()
        page.button(key="unproven-yes").click().run()
        assert connection.api.asked == [("deploy", ID, "unproven")]
        assert "It is packaged unproven." in shown(page)

    def test_a_project_is_deleted_only_when_asked_twice(self, opened: Open, connection: FakeConnection) -> None:
        connection.api.projects = [project()]
        page = opened(project=ID, section="Files")
        page.button(key="delete").click().run()
        page.button(key="delete-no").click().run()
        assert connection.api.asked == []
        page.button(key="delete").click().run()
        page.button(key="delete-yes").click().run()
        assert connection.api.asked == [("delete", ID)]
        assert page.title[0].value == "Projects"
        assert any("was deleted" in text.value for text in page.text)


class TestModelCalls:
    def test_a_reply_is_checked_stored_and_the_project_retried(self, opened: Open, connection: FakeConnection) -> None:
        failure = Failure(step="pm", reason=MISSED_REASON)
        connection.api.projects = [project(status=ProjectStatus.FAILED, failure=failure)]
        connection.source.missed = [missed_reply("Plan the software.")]
        page = opened("model_calls")
        assert page.button(key="store-reply").disabled
        page.text_area(key=f"reply-{'a' * 32}").input(PLAN_REPLY).run()
        assert "a plan of 1 tasks" in page.success[0].value
        page.button(key="store-reply").click().run()
        assert connection.source.stored == [("a" * 32, PLAN_REPLY)]
        assert connection.api.asked == [("retry", ID)]
        assert f"written/{'a' * 32}.yaml" in shown(page)
        assert "None: every request" in shown(page)

    def test_a_reply_that_would_be_refused_can_be_stored_on_purpose(
        self, opened: Open, connection: FakeConnection
    ) -> None:
        connection.source.missed = [missed_reply("Plan the software.")]
        page = opened("model_calls")
        page.text_area(key=f"reply-{'a' * 32}").input("nonsense").run()
        page.checkbox(key="anyway").check().run()
        page.button(key="store-reply").click().run()
        assert connection.source.stored == [("a" * 32, "nonsense")]

    def test_the_latest_calls_are_listed_the_newest_first(self, opened: Open, connection: FakeConnection) -> None:
        connection.source.exchanges = [exchange(1, 1), exchange(2, 2, status=404)]
        assert list(opened("model_calls").dataframe[0].value["number"]) == [2, 1]

    def test_a_target_that_does_not_tell_says_why(self, opened: Open) -> None:
        assert shown(opened("model_calls")).count(NOT_TOLD) == 2

    def test_no_text_from_outside_is_markup(self, opened: Open, connection: FakeConnection) -> None:
        made = filled()
        connection.api, connection.source = made.api, made.source
        page = opened("model_calls")
        for part in MARKUP:
            assert part not in markup(page), part
