"""The quality report: the score over revisions, its parts, and each finding in its lines."""

from typing import Final

import altair as alt
import streamlit as st

from agenticai.dashboard.components.texts import code, plain, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.display.printable import printable
from shared.models.quality import Finding, QualityReport, ScorePart
from shared.models.severity import Severity
from shared.models.views import ProjectView, TestView

SHOWN: Final = 50
_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.INFO: "gray"}


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the reports of a project's revisions."""
    tests = [test for test in connected.api.tests(project.id) if test.score is not None]
    if not tests:
        st.caption("No revision has been tested yet.")
        return
    _scores(tests)
    by_name = {str(test.revision): test for test in tests}
    name = st.selectbox("Report of revision", list(by_name)[::-1], key="report-revision")
    test = by_name[name]
    if test.report_url:
        _report(connected.api.report(test))


def _scores(tests: list[TestView]) -> None:
    values = [
        {"revision": str(test.revision), "score": test.score, "passed": "passed" if test.passed else "not passed"}
        for test in tests
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("revision:N", sort=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("score:Q", scale=alt.Scale(domain=[0, 100])),
    )
    points = base.mark_point(size=120, filled=True, opacity=1).encode(
        color=alt.Color(
            "passed:N",
            title=None,
            scale=alt.Scale(domain=["passed", "not passed"], range=["#2e9e5b", "#d64545"]),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=["revision:N", "score:Q", "passed:N"],
    )
    st.altair_chart(alt.layer(base.mark_line(color="#8a93a0"), points).properties(height=260), key="scores")


def _report(report: QualityReport) -> None:
    st.markdown(f"**{report.score:g} of 100**: {'passed' if report.passed else 'not passed'}")
    for reason in report.reasons:
        say(reason)
    st.dataframe(
        {
            "part": [printable(part.name) for part in report.parts],
            "points": [_points(part) for part in report.parts],
            "why": [printable(part.explanation) for part in report.parts],
        },
        hide_index=True,
        key="parts",
    )
    if report.not_measured:
        say(f"Not measured: {', '.join(report.not_measured)}")
    if not report.findings:
        st.caption("Nothing was found.")
    for finding in report.findings[:SHOWN]:
        _finding(finding)
    if (more := len(report.findings) - SHOWN + report.omitted) and more > 0:
        st.caption(f"{more} more findings count in the score.")


def _points(part: ScorePart) -> str:
    return f"{part.points:g} of {part.weight:g}" if part.measured else "not measured"


def _finding(finding: Finding) -> None:
    with st.container(border=True):
        colour = _COLOURS[finding.severity]
        place = f"{plain(finding.path)}, line {finding.line}"
        st.markdown(f":{colour}-badge[{finding.severity.value}] **{plain(finding.rule)}** {place}")
        say(finding.message)
        if finding.lines:
            code("\n".join(finding.lines))
