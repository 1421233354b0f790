"""The chart of queues' depths over time, with skipped time marked on its axis."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import altair as alt
import streamlit as st

from agenticai.dashboard.components.texts import plain, when
from agenticai.dashboard.services.depths import DepthSeries
from agenticai.dashboard.services.queue_rows import curve

MOMENT: Final = alt.Tooltip(
    "at:T", title="UTC", timeUnit="utcyearmonthdatehoursminutesseconds", format="%Y-%m-%d %H:%M:%S"
)


HEIGHT: Final = 380
"""Pixels, those of the legend included."""


def depth_chart(series: DepthSeries, queues: Sequence[str], since: datetime, key: str) -> None:
    """Draw the depths of queues as steps since a moment."""
    drawn = curve(series, queues, since)
    steps = (
        alt.Chart(alt.InlineData(values=drawn))
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("at:T", title="UTC", scale=alt.Scale(type="utc")),
            y=alt.Y("messages:Q", title="messages", axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color("queue:N", title=None, legend=alt.Legend(orient="bottom", columns=2, labelLimit=400)),
            tooltip=[alt.Tooltip("queue:N"), alt.Tooltip("messages:Q"), MOMENT],
        )
    )
    skipped = [
        {"at": jump.at.isoformat(), "skipped": f"{jump.seconds:g} s skipped"}
        for jump in series.jumps
        if jump.at >= since
    ]
    marks = (
        alt.Chart(alt.InlineData(values=skipped))
        .mark_rule(strokeDash=[4, 4], opacity=0.6)
        .encode(x="at:T", tooltip=[alt.Tooltip("skipped:N"), MOMENT])
    )
    layers = [steps, marks] if skipped else [steps]
    st.altair_chart(alt.layer(*layers).properties(height=HEIGHT), key=key, alt=_in_words(drawn, since))
    if series.note:
        st.caption(plain(series.note))


def _in_words(steps: Sequence[Mapping[str, object]], since: datetime) -> str:
    """What the chart shows: the most messages that each queue had, and how many it has."""
    depths: dict[str, list[int]] = {}
    for step in steps:
        depths.setdefault(str(step["queue"]), []).append(int(str(step["messages"])))
    told = [f"{queue} {max(seen)} at most, {seen[-1]} now" for queue, seen in depths.items() if any(seen)]
    return f"Depth of {len(depths)} queues since {when(since)}: {'; '.join(told) or 'all were empty'}."
