"""The pages of cost and of scores, with sources that return what a test sets."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agenticai.client.cost.free_tier import FreeTierUse
from agenticai.client.cost.use import Stored
from agenticai.dashboard.components import session
from agenticai.dashboard.services.quality import ReportReader
from agenticai.dashboard.services.replaying import Replays, ReplayState
from agenticai.dashboard.services.runs import Runs
from agenticai.dashboard.views import scores
from agenticai.emulator.core.errors import ControlError
from agenticai.scenarios.reports import runs as written
from agenticai.scenarios.reports.document import RunReport, report_results
from tests.agenticai.client.cost.uses import ONE, calls, lambda_use, polls, usage, use_of
from tests.fakes.dashboard import HOSTILE, FakeConnection, FakeSource
from tests.fakes.replayed import AT, result
from tests.fakes.scored import FakeScores, finding, project, report

OFFER = FreeTierUse(
    service="Amazon Simple Queue Service",
    usage_type="Requests",
    description=HOSTILE,
    kind="Always Free",
    region="global",
    used=250_000,
    forecast=1_500_000,
    limit=1_000_000,
    unit="Requests",
)

LIMIT_SECONDS = 60
USED = use_of(
    usage(ONE, polls(10), calls("s3", "PutObject", 100), functions=(lambda_use(10, 200.0, HOSTILE),)),
    stored=Stored(1024, 2048, 4),
)
Opened = Callable[..., AppTest]


class FakeReplays(Replays):
    """Starts nothing, and records the calls."""

    def __init__(self) -> None:
        super().__init__(())
        self.started: list[tuple[str, ...]] = []
        self.ended = 0

    def start(self, scenarios: object) -> None:
        assert isinstance(scenarios, list)
        self.started.append(tuple(scenarios))

    def state(self) -> ReplayState | None:
        if not self.started:
            return None
        return ReplayState(self.started[-1], 130 if self.ended else None, 65, f"✓ {HOSTILE}")

    def end(self) -> None:
        self.ended += 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Return a function that opens a page with a source and an API."""

    def open_page(
        name: str, source: FakeSource, api: object = None, fault: Exception | None = None, **asked: str
    ) -> AppTest:
        monkeypatch.setattr(session, "get_connection", lambda: FakeConnection(source, fault, api))
        page = AppTest.from_string(
            f"from agenticai.dashboard.views import {name}\n{name}.page()", default_timeout=LIMIT_SECONDS
        )
        for parameter, value in asked.items():
            page.query_params[parameter] = value
        return page.run()

    return open_page


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeReplays:
    """A bench without runs, in its own state folder."""
    replays, kept = FakeReplays(), Runs(tmp_path)
    monkeypatch.setattr(scores, "get_replays", lambda: replays)
    monkeypatch.setattr(scores, "get_runs", lambda: kept)
    return replays


def used(source: FakeSource) -> FakeSource:
    source.used = USED
    return source


def shown(page: AppTest) -> str:
    kinds = (page.text, page.caption, page.markdown, page.code, page.info, page.success, page.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def test_the_month_is_that_of_the_slider_and_is_held_to_the_budget(opened: Opened) -> None:
    page = opened("costs", used(FakeSource()), projects="1000", budget="0.7")
    assert not page.exception
    assert page.metric[0].label == "A month of 1,000 projects"
    assert "over the budget of $0.70" in shown(page)
    page.select_slider(key="projects-a-month").set_value(10).run()
    assert "below the budget of $0.70" in shown(page)
    assert page.query_params["projects"] == "10"
    page.number_input(key="budget").set_value(0.1).run()
    assert page.query_params["budget"] == "0.1"
    assert "over the budget of $0.10" in shown(page)
    page.number_input(key="budget").set_value(None).run()
    assert "budget" not in page.query_params
    assert "the budget of" not in shown(page)


def test_without_a_project_only_the_idle_stack_is_forecast(opened: Opened) -> None:
    page = opened("costs", FakeSource())
    assert not page.exception
    assert "No project has been measured on this stack yet" in shown(page)
    assert [metric.value for metric in page.metric] == ["\\-", "\\$0\\.6368", "\\-", "\\$0\\.00"]


def test_another_target_cannot_tell(opened: Opened) -> None:
    page = opened("costs", FakeSource(exact=False))
    text = shown(page).replace("\\", "")
    assert "Only the embedded engine's meter" in text
    assert "Not available on this target. This target does not tell." in text
    (tier,) = page.dataframe
    used = dict(zip(tier.value["line"], tier.value["used"], strict=True))
    assert (used["Requests (64 KiB each)"], used["Alarms"]) == ("-", "0")
    assert page.metric[3].value == "\\-"


def test_the_accounts_free_tier_is_told_as_aws_tells_it(opened: Opened) -> None:
    source = FakeSource(exact=False)
    source.told_free_tier = [OFFER]
    table = opened("costs", source).dataframe[1].value
    assert [table[name][0] for name in ("used", "of", "used of it")] == ["250,000", "1,000,000 Requests", "25 %"]
    source.told_free_tier = []
    assert "so far, nothing was" in shown(opened("costs", source))


def test_hostile_names_are_shown_as_text(opened: Opened) -> None:
    page = opened("costs", used(FakeSource()))
    assert any("<script>" in text.value for text in page.text)
    assert not any("<script>" in element.value for element in (*page.markdown, *page.caption))
    assert not any("\u202e" in text.value for text in page.text)


@pytest.mark.parametrize("name", ["costs", "scores"])
def test_where_there_is_no_stack_a_page_says_how_to_start_one(opened: Opened, name: str) -> None:
    page = opened(name, FakeSource(), None, ControlError("Nothing answers there."))
    assert not page.exception
    assert "Start one with" in page.info[0].value


def test_scores_of_projects(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "get_report_reader", lambda: ReportReader(start=lambda work: work()))
    reports = {1: report(lint=10), 2: report(finding("S105", HOSTILE))}
    page = opened(
        "scores", FakeSource(), FakeScores(reports, [project(1, 90, name=HOSTILE), project(2), project(3, None)])
    )
    assert not page.exception
    assert [metric.value for metric in page.metric] == ["2 of 3", "95.0", "95", "90"]
    parts, rules, lowest = (frame.value for frame in page.dataframe)
    assert list(parts["part"]) == ["lint", "tests"]
    assert list(rules["rule"]) == ["S105"]
    assert list(lowest["score"]) == [90]
    assert not any("<script>" in element.value for element in (*page.markdown, *page.caption))


def test_no_scores_yet(opened: Opened) -> None:
    assert "No project has been scored yet" in shown(opened("scores", FakeSource()))


def test_no_runs_yet(opened: Opened, bench: FakeReplays) -> None:
    page = opened("scores", FakeSource(), None, ControlError("No stack is needed."), scores="bench")
    assert not page.exception
    assert "No runs yet" in shown(page)


def test_runs_are_listed_with_their_reports(opened: Opened, bench: FakeReplays, tmp_path: Path) -> None:
    document = RunReport(
        started_at=AT, target="embedded", seed=0, repeat=1, wall_s=1, scenarios=report_results([result()], ["greeting"])
    )
    folder = written.make_folder(0, tmp_path)
    written.keep_run(document, folder)
    page = opened("scores", FakeSource(), scores="bench")
    assert not page.exception
    (listed,) = (frame.value for frame in page.dataframe if "report" in frame.value)
    assert list(listed["report"]) == [f"http://127.0.0.1/runs/{folder.name}/report.html"]
    assert list(listed["passed"] + listed["failed"]) == [1]


def test_a_replay_is_started_followed_and_ended(opened: Opened, bench: FakeReplays) -> None:
    page = opened("scores", FakeSource(), scores="bench", scenario="greeting,none,diamond")
    assert page.multiselect(key="scenarios").value == ["greeting", "diamond"]
    page.button(key="replay").click().run()
    assert bench.started == [("greeting", "diamond")]
    assert "Replaying** greeting, diamond, for 1 min 5 s" in shown(page)
    assert not any("<script>" in element.value for element in page.markdown)
    page.button(key="end-replay").click().run()
    assert bench.ended == 1
    assert "interrupted" in shown(page)
