"""The chart of queues' depths over time, with skipped time marked on its axis."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import altair as alt
import streamlit as st

from agenticai.dashboard.components.texts import plain
from agenticai.dashboard.services.depths import DepthSeries
from agenticai.dashboard.services.queue_rows import curve

MOMENT: Final = alt.Tooltip("at:T", title="UTC", format="%Y-%m-%d %H:%M:%S", formatType="utc")


def depth_chart(series: DepthSeries, queues: Sequence[str], since: datetime, key: str) -> None:
    """Draw the depths of queues as steps since a moment."""
    steps = (
        alt.Chart(alt.InlineData(values=curve(series, queues, since)))
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
    st.altair_chart(alt.layer(*layers).properties(height=280), key=key)
    if series.note:
        st.caption(plain(series.note))
