"""The dashboard's pages of projects and model calls on an embedded engine agree with the engine."""

import shutil
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from agenticai.client.reply_check import check_reply
from agenticai.dashboard.components import session
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.model_calls import list_calls
from agenticai.dashboard.services.own_calls import OwnCalls
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.revisions import list_changes, list_snapshots
from agenticai.dashboard.services.sources import AwsSource, EngineSource
from agenticai.dashboard.services.timeline import SpanKind, list_spans
from agenticai.dashboard.views.project import SECTIONS
from agenticai.emulator.core.documents import parse_yaml
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

LIMIT_SECONDS = 60
SCENARIO = load(LIBRARY / "repair-ends-well.yaml")
HELD_BACK = "3-totals.yaml"
"""The reply that is missing at first."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("dashboard")
    shutil.copytree(CASSETTES / SCENARIO.name, folder / "cassettes", ignore=shutil.ignore_patterns(HELD_BACK))
    with bench(run_dir=folder / "run", cassettes=folder / "cassettes") as stack:
        yield stack


@pytest.fixture(scope="module")
def connected(running: Bench) -> Iterator[Connected]:
    with running.control() as control, running.api() as api:
        yield Connected(running, EngineSource(running, control), api)


@pytest.fixture(scope="module")
def project(running: Bench, connected: Connected) -> ProjectView:
    """A project that failed because of a missing reply, got it from the dashboard, and was repaired."""
    posted = connected.api.create("Household expenses", SCENARIO.first.requirements)
    settle(running)
    failed = connected.api.get(posted.id)
    assert failed.status is ProjectStatus.FAILED
    write_reply(connected)
    connected.api.retry(posted.id)
    settle(running)
    return connected.api.get(posted.id)


def settle(running: Bench) -> None:
    with running.control() as control:
        control.settle(timeout_s=180)


def write_reply(connected: Connected) -> None:
    """Store the held-back reply for the only waiting request, in an agent's form."""
    missed = connected.source.missed_replies()
    assert not isinstance(missed, Missing)
    (asked,) = missed
    cassette = parse_yaml((CASSETTES / SCENARIO.name / HELD_BACK).read_text("utf-8"))
    text = cassette["reply"]["text"]
    tag = asked.prompt.partition("<file-")[2][:8]
    text = text.replace("${tag}", tag)
    assert check_reply(asked, text).faults == ()
    connected.source.store_reply(asked.digest, text)


def test_a_project_that_got_its_missing_reply_completes(project: ProjectView, connected: Connected) -> None:
    assert project.status is ProjectStatus.COMPLETED
    assert connected.source.missed_replies() == ()


def test_calls_are_those_that_the_project_and_the_engine_counted(project: ProjectView, connected: Connected) -> None:
    exchanges = connected.source.model_calls()
    assert not isinstance(exchanges, Missing)
    calls = list_calls(
        project, connected.api.list_events(project.id), connected.source, exchanges, connected.source.model()
    )
    answered = [call for call in calls if not call.error]
    assert len(answered) == project.tokens.calls
    assert sum(call.prompt_tokens for call in answered) == project.tokens.prompt_tokens
    assert all(call.seconds is not None and call.prompt and call.attempt for call in calls)
    assert len(calls) == len(exchanges)
    assert [call.error for call in calls if call.error] == [404]


def test_without_the_control_api_the_replies_are_told_all_the_same(
    project: ProjectView, connected: Connected, running: Bench
) -> None:
    source = AwsSource(running)
    exchanges = source.model_calls()
    calls = list_calls(project, connected.api.list_events(project.id), source, exchanges, source.model())
    assert len(calls) == project.tokens.calls
    assert {call.prompt for call in calls} == {None}
    assert isinstance(source.usage(project.id), Missing)


def test_revisions_are_compared_from_what_is_stored(project: ProjectView, connected: Connected) -> None:
    found = list_snapshots(connected.source, project.id)
    assert [str(one.revision) for one in found] == ["1.0", "1.1", "1.2"]
    assert all(one.tested for one in found)
    assert {*found[-1].keys} == {file.path for file in connected.api.list_files(project.id)}
    assert [change.path for change in list_changes(connected.source, found[1], found[2])] == ["expenses/totals.py"]


def test_the_timeline_has_every_attempt(project: ProjectView, connected: Connected) -> None:
    events = connected.api.list_events(project.id)
    found = list_spans(events, project, connected.api.get_plan(project.id), project.updated_at)
    worked = [span for span in found if span.kind is not SpanKind.WAITING]
    assert len(worked) == sum(event.type.value == "work started" for event in events)
    assert [span.work for span in worked if span.kind is SpanKind.FAILED] == ["totals"]
    assert all(span.seconds >= 0 for span in found)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, connected: Connected) -> AppTest:
    monkeypatch.setattr(
        session,
        "get_connection",
        lambda: SimpleNamespace(get=lambda: connected, lose=lambda: None, own_calls=OwnCalls()),
    )
    page = "from agenticai.dashboard.views import {0}\n{0}.page()"
    return AppTest.from_string(page.format("projects"), default_timeout=LIMIT_SECONDS)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_drawn(project: ProjectView, opened: AppTest, section: str) -> None:
    opened.query_params["project"], opened.query_params["section"] = project.id, section
    opened.run()
    assert not opened.exception
    assert not opened.warning
    assert opened.title[0].value == "Household expenses"


def test_the_use_on_the_page_is_what_the_meter_tells(project: ProjectView, opened: AppTest, running: Bench) -> None:
    opened.query_params["project"], opened.query_params["section"] = project.id, "Use and cost"
    opened.run()
    shown = {metric.label: metric.value for metric in opened.metric}
    with running.control() as control:
        usage = control.usage(project.id)
    assert shown["Lambda GB-seconds"] == f"{usage.gb_seconds:.3f}"
    assert shown["AWS calls"] == f"{usage.total_calls:,}"


def test_the_list_has_the_project_and_a_deletion_takes_it_away(
    project: ProjectView, opened: AppTest, connected: Connected
) -> None:
    listed = opened.run()
    assert list(listed.dataframe[0].value["id"]) == [project.id]
    opened.query_params["project"] = project.id
    opened.run()
    opened.button(key="delete").click().run()
    opened.button(key="delete-yes").click().run()
    assert opened.title[0].value == "Projects"
    assert connected.api.list_projects().items == []
