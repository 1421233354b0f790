"""The chart of queues' depths over time, with skipped time marked on its axis."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from agenticai.dashboard.components.chart import UTC_AXIS, Spec, channel, draw_chart, layer
from agenticai.dashboard.components.texts import escape_markdown, format_time
from agenticai.dashboard.services.depths import DepthSeries
from agenticai.dashboard.services.queue_rows import list_skips, make_curve

MOMENT: Final = channel("at:T", title="UTC", timeUnit="utcyearmonthdatehoursminutesseconds", format="%Y-%m-%d %H:%M:%S")
HEIGHT: Final = 380
"""In pixels, including the legend."""

COLUMNS: Final = {"expr": "width < 400 ? 1 : 2"}
"""The number of columns of the legend, so that no queue's name is cut on a phone."""

SKIPPED: Final = "#8a93a3"
"""A colour that is visible in the light theme and in the dark one."""


def draw_depth_chart(series: DepthSeries, queues: Sequence[str], since: datetime, key: str) -> None:
    """Draw the depths of queues as steps, from `since` to now."""
    points = make_curve(series, queues, since)
    steps = layer(
        points,
        {"type": "line", "interpolate": "step-after"},
        x=channel("at:T", title="UTC", scale={"type": "utc"}, axis=UTC_AXIS),
        y=channel("messages:Q", title="messages", axis={"tickMinStep": 1, "format": "d"}),
        color=channel("queue:N", title=None, legend={"orient": "bottom", "columns": COLUMNS, "labelLimit": 400}),
        tooltip=[channel("queue:N"), channel("messages:Q"), MOMENT],
    )
    layers = [steps, *_make_skip_layers(series, since)]
    draw_chart(layers, height=HEIGHT, key=key, alt=_describe_chart(points, since))
    if series.note:
        st.caption(escape_markdown(series.note))


def _make_skip_layers(series: DepthSeries, since: datetime) -> list[Spec]:
    values = list_skips(series, since)
    if not values:
        return []
    mark = {"type": "rule", "strokeDash": [4, 4], "color": SKIPPED}
    return [layer(values, mark, x=channel("at:T"), tooltip=[channel("skipped:N"), MOMENT])]


def _describe_chart(steps: Sequence[Mapping[str, object]], since: datetime) -> str:
    """Return a description of the chart: the maximum and the current depth of each queue."""
    depths: dict[str, list[int]] = {}
    for step in steps:
        depths.setdefault(str(step["queue"]), []).append(int(str(step["messages"])))
    parts = [f"{queue} {max(counts)} at most, {counts[-1]} now" for queue, counts in depths.items() if any(counts)]
    return f"Depth of {len(depths)} queues since {format_time(since)}: {'; '.join(parts) or 'all were empty'}."
