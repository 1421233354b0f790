"""The timeline: which agent worked on what and when, what waited, and what failed."""

from collections.abc import Sequence

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.dashboard.components.fold import fold
from agenticai.dashboard.components.texts import format_time
from agenticai.dashboard.components.timeline_chart import draw_timeline_chart, name_lane
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.timeline import Span, describe_spans, list_spans
from agenticai.display.printable import printable
from shared.models.plan import Plan
from shared.models.views import ProjectView


def read_plan(connected: Connected, project: ProjectView) -> Plan | None:
    """Return the plan of the current build; None if there is none yet."""
    try:
        return connected.api.get_plan(project.id)
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the timeline."""
    events = connected.api.list_events(project.id)
    timeline_spans = list_spans(events, project, read_plan(connected, project), connected.now())
    if timeline_spans:
        draw_timeline_chart(timeline_spans, key="timeline")
    st.caption(f"{describe_spans(timeline_spans)}, summed over all lanes.")
    fold("As a table", lambda: _draw_table(timeline_spans), key="spans-fold")


def _draw_table(timeline_spans: Sequence[Span]) -> None:
    st.dataframe(
        {
            "work": [name_lane(span) for span in timeline_spans],
            "what": [span.kind.value for span in timeline_spans],
            "attempt": [span.attempt for span in timeline_spans],
            "from": [format_time(span.start) for span in timeline_spans],
            "seconds": [round(span.seconds, 3) for span in timeline_spans],
            "detail": [printable(span.detail) for span in timeline_spans],
        },
        hide_index=True,
        key="spans",
    )
