"""The quality report: the score over revisions, its parts, and each finding in its lines."""

from typing import Final

import streamlit as st

from agenticai.dashboard.components.chart import channel, draw_chart, layer
from agenticai.dashboard.components.texts import code, escape_markdown, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.display.printable import printable
from shared.models.quality import Finding, QualityReport, ScorePart
from shared.models.severity import Severity
from shared.models.views import ProjectView, TestView

SHOWN: Final = 50
_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.INFO: "gray"}


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the reports of a project's revisions."""
    tests = [test for test in connected.api.list_tests(project.id) if test.score is not None]
    if not tests:
        st.caption("No revision has been tested yet.")
        return
    _draw_scores(tests)
    by_name = {str(test.revision): test for test in tests}
    name = st.selectbox("Report of revision", list(by_name)[::-1], key="report-revision")
    test = by_name[name]
    if test.report_url:
        _draw_report(connected.api.read_report(test))


def _draw_scores(tests: list[TestView]) -> None:
    values = [
        {"revision": str(test.revision), "score": test.score, "passed": "passed" if test.passed else "not passed"}
        for test in tests
    ]
    x = channel("revision:N", sort=None, axis={"labelAngle": 0})
    y = channel("score:Q", scale={"domain": [0, 100]})
    colour_scale = {"domain": ["passed", "not passed"], "range": ["#2e9e5b", "#d64545"]}
    lines = layer(values, {"type": "line", "color": "#8a93a0"}, x=x, y=y)
    points = layer(
        values,
        {"type": "point", "size": 120, "filled": True, "opacity": 1},
        x=x,
        y=y,
        color=channel("passed:N", title=None, scale=colour_scale, legend={"orient": "bottom"}),
        tooltip=[channel("revision:N"), channel("score:Q"), channel("passed:N")],
    )
    description = "; ".join(
        f"{test.revision}: {test.score:g}, {'passed' if test.passed else 'not passed'}" for test in tests
    )
    draw_chart([lines, points], height=260, key="scores", alt=f"Score by revision. {description}")


def _draw_report(report: QualityReport) -> None:
    st.markdown(f"**{report.score:g} of 100**: {'passed' if report.passed else 'not passed'}")
    for reason in report.reasons:
        say(reason)
    st.dataframe(
        {
            "part": [printable(part.name) for part in report.parts],
            "points": [_format_points(part) for part in report.parts],
            "why": [printable(part.explanation) for part in report.parts],
        },
        hide_index=True,
        key="parts",
    )
    if report.not_measured:
        say(f"Not measured: {', '.join(report.not_measured)}")
    if not report.findings:
        st.caption("No findings.")
    for finding in report.findings[:SHOWN]:
        _draw_finding(finding)
    if more := max(0, len(report.findings) - SHOWN) + report.omitted:
        st.caption(f"{more} more findings are included in the score.")


def _format_points(part: ScorePart) -> str:
    return f"{part.points:g} of {part.weight:g}" if part.measured else "not measured"


def _draw_finding(finding: Finding) -> None:
    with st.container(border=True):
        colour = _COLOURS[finding.severity]
        place = f"{escape_markdown(finding.path)}, line {finding.line}"
        st.markdown(f":{colour}-badge[{finding.severity.value}] **{escape_markdown(finding.rule)}** {place}")
        say(finding.message)
        if finding.lines:
            code("\n".join(finding.lines))
