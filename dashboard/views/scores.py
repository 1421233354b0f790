"""Test scores: QA's scores of the projects, and the outcomes of the bench's own scenarios over runs."""

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import streamlit as st

from agenticai.client.api import list_all_projects
from agenticai.client.cost.figures import format_dollars
from agenticai.dashboard.components.chart import UTC_AXIS, channel, draw_chart, layer
from agenticai.dashboard.components.columns import make_count_columns, make_share_column
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.texts import code, escape_markdown, format_age, format_time
from agenticai.dashboard.services import quality, runs
from agenticai.dashboard.services.background import Latest
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.quality import ReportReader
from agenticai.dashboard.services.replaying import ReplayRuns, Replays, ReplayState
from agenticai.display.printable import printable
from agenticai.emulator.core.home import find_home

if TYPE_CHECKING:
    from shared.models.quality import QualityReport
    from shared.models.views import ProjectSummaryView

PROJECTS, BENCH = "projects", "bench"
KINDS: Final = {PROJECTS: "Projects", BENCH: "Scenarios of the bench"}
TRENDS: Final = 5
"""The number of scenarios whose trend is shown by default."""

REFRESH_SECONDS: Final = 10.0
FOLLOW_SECONDS: Final = 2.0
COLOURS: Final = {"scheme": "tableau10"}
LEGEND: Final = {"orient": "top", "columns": 3, "labelLimit": 300}
STATUSES: Final = {
    "domain": ["COMPLETED", "NEEDS_REVIEW", "FAILED", "TESTING", "DEVELOPING", "DEPLOYING"],
    "range": ["#1f9d6b", "#c77700", "#d63939", "#2f9c95", "#2f5bd7", "#6b62d9"],
}


ENDS: Final[Mapping[int | None, str]] = {0: "passed", 1: "failed", 130: "interrupted"}


@st.cache_resource(show_spinner=False)
def get_report_reader() -> ReportReader:
    """Return the reader of quality reports, shared by all sessions."""
    return ReportReader()


@st.cache_resource(show_spinner=False)
def get_project_list() -> "Latest[list[ProjectSummaryView]]":
    """Return the cached list of all projects, shared by all sessions."""
    return Latest()


@st.cache_resource(show_spinner=False)
def get_runs() -> runs.Runs:
    """Return the runs that were read, shared by all sessions."""
    return runs.Runs(find_home())


@st.cache_resource(show_spinner=False)
def get_replays() -> Replays:
    """Return what starts replays, shared by all sessions."""
    return Replays()


def page() -> None:
    """Draw the page."""
    st.title("Test scores")
    requested = st.query_params.get("scores")
    start = requested if requested in KINDS else PROJECTS
    kind = st.segmented_control("Scores of", list(KINDS), default=start, format_func=KINDS.__getitem__, key="scores-of")
    st.query_params["scores"] = kind or start
    if (kind or start) == PROJECTS:
        draw_with_stack(lambda _: part(_draw_projects, every_s=REFRESH_SECONDS))
    else:
        _draw_bench()


def _draw_projects(connected: Connected) -> None:
    projects = get_project_list().look(connected.api, lambda: list(list_all_projects(connected.api)))
    scored = [project for project in projects if project.score is not None]
    if not scored:
        st.info("No project has been scored yet: QA scores a project once its code is written.")
        return
    _draw_totals([project.score or 0.0 for project in scored], len(projects))
    _draw_distribution(quality.count_scores(projects))
    reports = get_report_reader().look(connected.api, projects)
    _draw_parts(list(reports.by_project.values()))
    if lowest := list(quality.find_worst(projects)):
        st.subheader("Lowest scores")
        table = {
            "project": [project.id for project in lowest],
            "name": [printable(project.name) for project in lowest],
            "score": [project.score for project in lowest],
            "status": [str(project.status) for project in lowest],
        }
        st.dataframe(table, hide_index=True, height="content", key="lowest")
    unread = f", {reports.unread:,} have not been read yet" if reports.unread else ""
    st.caption(f"{len(reports.by_project):,} reports were read with {reports.asked:,} requests to the API{unread}.")


def _draw_totals(scores: list[float], projects: int) -> None:
    figures = {
        "Scored projects": f"{len(scores):,} of {projects:,}",
        "Average": f"{sum(scores) / len(scores):.1f}",
        "Median": f"{statistics.median(scores):g}",
        "Lowest": f"{min(scores):g}",
    }
    for column, (label, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(label, figure)


def _draw_distribution(bars: list[dict[str, object]]) -> None:
    st.subheader("Distribution")
    order = [*(f"{low}-{low + quality.BIN - 1}" for low in range(0, 100, quality.BIN)), "100"]
    bar_layer = layer(
        bars,
        {"type": "bar"},
        x=channel("points:O", title="score", sort=order, scale={"domain": order}, axis={"labelAngle": 0}),
        y=channel("projects:Q", title="projects", axis={"tickMinStep": 1, "format": "d"}),
        color=channel("status:N", title=None, scale=STATUSES, legend=LEGEND),
        tooltip=[channel("points:O"), channel("status:N"), channel("projects:Q")],
    )
    description = "; ".join(f"{bar['points']}: {bar['projects']} {bar['status']}" for bar in bars)
    draw_chart([bar_layer], height=280, key="distribution", alt=f"Number of projects by score. {description}")


def _draw_parts(reports: "list[QualityReport]") -> None:
    left, right = st.columns(2)
    with left:
        st.subheader("Parts of the score")
        parts = quality.list_part_rows(reports)
        table = {
            "part": [printable(row.name) for row in parts],
            "reached": [row.reached for row in parts],
            "points lost": [round(row.lost, 2) for row in parts],
            "projects": [row.projects_losing for row in parts],
            "not measured": [row.not_measured for row in parts],
        }
        bars = {"reached": make_share_column("auto"), **make_count_columns(("projects", "not measured"))}
        st.dataframe(table, column_config=bars, hide_index=True, height="content", key="parts")
    with right:
        st.subheader("Most frequent rules")
        rules = quality.list_rule_rows(reports)
        if not rules:
            st.caption("No findings.")
            return
        table = {
            "rule": [printable(row.rule) for row in rules],
            "projects": [row.projects for row in rules],
            "findings": [row.findings for row in rules],
            "severity": [str(row.severity) for row in rules],
            "for example": [printable(row.message) for row in rules],
        }
        counts = make_count_columns(("projects", "findings"))
        st.dataframe(table, column_config=counts, hide_index=True, height="content", key="rules")


def _draw_bench() -> None:
    _draw_start()
    state = get_replays().state()
    if state and state.running:
        _follow_replay()
    elif state:
        _draw_replay(state)
    _draw_results()


@st.fragment(run_every=FOLLOW_SECONDS)
def _follow_replay() -> None:
    """Show the current replay; when it has ended, redraw the page with its results."""
    state = get_replays().state()
    if state and state.running:
        _draw_replay(state)
    else:
        st.rerun()


def _draw_start() -> None:
    descriptions = {scenario.name: scenario.description for scenario in runs.read_library()}
    requested = [name for name in st.query_params.get("scenario", "").split(",") if name in descriptions]
    chosen = st.multiselect(
        "Scenarios", list(descriptions), default=requested, placeholder="the whole library", key="scenarios"
    )
    if chosen:
        st.query_params["scenario"] = ",".join(chosen)
    else:
        st.query_params.pop("scenario", None)
    for name in chosen:
        st.caption(escape_markdown(f"{name}: {descriptions[name]}"))
    number = len(chosen) or len(descriptions)
    label = f"Replay {number} scenario{'s' if number > 1 else ''}"
    if st.button(label, icon=":material/play_arrow:", type="primary", key="replay"):
        try:
            get_replays().start(chosen)
        except (ReplayRuns, OSError) as error:
            st.warning(escape_markdown(str(error)))


def _draw_replay(state: ReplayState) -> None:
    names = ", ".join(state.scenarios) or "the whole library"
    with st.container(border=True):
        if state.running:
            st.markdown(f"**Replaying** {escape_markdown(names)}, for {format_age(state.seconds)}")
        else:
            outcome = ENDS.get(state.status, f"ended with status {state.status}")
            st.markdown(f"**Replayed** {escape_markdown(names)}: {outcome}, after {format_age(state.seconds)}")
        if output := state.said.strip("\n"):
            code(output)
        if state.running:
            st.button("End the replay", key="end-replay", on_click=get_replays().end)


@st.fragment(run_every=REFRESH_SECONDS)
def _draw_results() -> None:
    kept_runs = get_runs().look()
    if not kept_runs:
        st.info("No runs yet: start one with `agenticai replay` or the button above.")
        return
    _draw_breaks(kept_runs)
    _draw_grid(kept_runs)
    _draw_trends(kept_runs)
    st.subheader("Runs")
    host = st.context.headers.get("Host", "127.0.0.1")
    table = {
        "began (UTC)": [format_time(run.started_at).removesuffix(" UTC") for run in kept_runs],
        "report": [f"http://{host}{runs.make_address(run.name)}" for run in kept_runs],
        "passed": [run.count("passed") for run in kept_runs],
        "failed": [run.count("failed") for run in kept_runs],
        "skipped": [run.count("skipped") for run in kept_runs],
        "took": [format_age(run.document.wall_s) for run in kept_runs],
        "AWS calls": [run.calls for run in kept_runs],
        "cost": [format_dollars(run.cost_usd) for run in kept_runs],
        "target": [printable(run.document.target) for run in kept_runs],
        "seed": [run.document.seed for run in kept_runs],
    }
    columns = make_count_columns(("passed", "failed", "skipped", "AWS calls"))
    columns["report"] = st.column_config.LinkColumn(display_text="open the report")
    st.dataframe(table, column_config=columns, hide_index=True, key="runs")


def _draw_breaks(kept_runs: list[runs.Run]) -> None:
    st.subheader("What broke first")
    breaks = runs.find_breaks(kept_runs)
    if not breaks:
        st.success("Every scenario passed in its latest replay.")
        return
    table = {
        "scenario": [printable(row.scenario) for row in breaks],
        "failing since (UTC)": [format_time(row.since).removesuffix(" UTC") for row in breaks],
        "passed last": [
            format_time(row.passed_last).removesuffix(" UTC") if row.passed_last else "never" for row in breaks
        ],
        "runs": [row.runs for row in breaks],
        "first problem": [printable(row.evidence) for row in breaks],
    }
    st.dataframe(table, hide_index=True, height="content", key="broken")


def _draw_grid(kept_runs: list[runs.Run]) -> None:
    st.subheader("Scenarios over runs")
    pinned = {"scenario": st.column_config.Column(pinned=True)}
    st.dataframe(runs.make_grid(kept_runs), column_config=pinned, hide_index=True, height="content", key="outcomes")
    st.caption("One column per run, headed by its start time (UTC), newest first.")


def _draw_trends(kept_runs: list[runs.Run]) -> None:
    st.subheader("Trends")
    figure = st.segmented_control("Figure", runs.FIGURES, default=runs.FIGURES[0], key="figure") or runs.FIGURES[0]
    names = runs.list_scenario_names(kept_runs)
    chosen = st.multiselect("Of scenarios", names, default=names[:TRENDS], format_func=printable, key="trends-of")
    line_layer = layer(
        runs.compute_trend(kept_runs, chosen, figure),
        {"type": "line", "point": True},
        x=channel("at:T", title="UTC", scale={"type": "utc"}, axis=UTC_AXIS),
        y=channel("figure:Q", title=figure),
        color=channel("scenario:N", title=None, scale=COLOURS, legend=LEGEND),
        tooltip=[channel("scenario:N"), channel("figure:Q", title=figure, format=",.6~g")],
    )
    description = (
        f"{figure} over {len(kept_runs)} runs of {', '.join(chosen) or 'no scenario'}. The tables list the runs."
    )
    draw_chart([line_layer], height=320, key="trends", alt=description)
