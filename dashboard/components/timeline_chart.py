"""The chart of a project's timeline: a lane for each piece of work, its waiting and working told apart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import altair as alt
import streamlit as st

from agenticai.dashboard.services.timeline import Span, SpanKind, in_words
from agenticai.display.printable import printable

COLOURS: Final = {
    SpanKind.WAITING: "#c9ced6",
    SpanKind.WORKING: "#2f7de1",
    SpanKind.FAILED: "#d64545",
    SpanKind.INTERRUPTED: "#e8912d",
    SpanKind.LOST: "#8a4fbf",
}
LANE_HEIGHT: Final = 28
AROUND: Final = 130
"""Pixels of the axis and the legend."""

SHORT_S: Final = 10
DAY_S: Final = 86_400
_UTC: Final = alt.Scale(type="utc", padding=8)  # so that a mark at an end is whole


def lane(span: Span) -> str:
    """Return the name of a span's lane."""
    return printable(f"{span.agent}  {span.work}")


def _exact(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def timeline_chart(spans: Sequence[Span], key: str) -> None:
    """Draw spans, each lane where it first begins."""
    shown: list[dict[str, str | int | float]] = [
        {
            "lane": lane(span),
            "kind": span.kind.value,
            "attempt": span.attempt,
            "start": span.start.isoformat(),
            "end": span.end.isoformat(),
            "from": _exact(span.start),
            "to": _exact(span.end),
            "seconds": round(span.seconds, 3),
            "detail": printable(span.detail[:300]),
        }
        for span in spans
    ]
    kinds = [kind.value for kind in COLOURS if any(span.kind is kind for span in spans)]
    lanes = list(dict.fromkeys(lane(span) for span in spans))
    y = alt.Y("lane:N", title=None, sort=lanes, axis=alt.Axis(labelLimit=220, labelOverlap=False))
    tooltip = [
        alt.Tooltip("lane:N", title="work"),
        alt.Tooltip("kind:N", title="what"),
        alt.Tooltip("attempt:Q"),
        alt.Tooltip("seconds:Q"),
        alt.Tooltip("from:N", title="from (UTC)"),
        alt.Tooltip("to:N", title="to (UTC)"),
        alt.Tooltip("detail:N"),
    ]
    kind_colours = alt.Scale(domain=[kind.value for kind in COLOURS], range=list(COLOURS.values()))
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=kind_colours,
        legend=alt.Legend(orient="bottom", columns=2, labelLimit=180, values=kinds),
    )
    bars = (
        alt.Chart(alt.InlineData(values=shown))
        .mark_bar(minBandSize=10, strokeWidth=2)
        .encode(
            x=alt.X("start:T", title="UTC", scale=_UTC, axis=_time_axis(spans)),
            x2="end:T",
            y=y,
            color=colour,
            stroke=alt.Stroke("kind:N", scale=kind_colours, legend=None),  # so that seconds are seen among hours
            tooltip=tooltip,
        )
    )
    layers = [bars, *_marks(shown, y, tooltip)]
    chart = alt.layer(*layers).properties(height=LANE_HEIGHT * len(lanes) + AROUND)
    st.altair_chart(chart, key=key, alt=f"Timeline of {len(lanes)} works: {in_words(spans)}. The table has it in full.")


def _time_axis(spans: Sequence[Span]) -> alt.Axis:
    """An axis whose labels are as exact as the time that it covers asks for."""
    seconds = (max(span.end for span in spans) - min(span.start for span in spans)).total_seconds()
    shape = "%H:%M:%S.%L" if seconds < SHORT_S else "%H:%M:%S" if seconds < DAY_S else "%m-%d %H:%M"
    return alt.Axis(format=shape, tickCount=5, labelOverlap="greedy")


def _marks(shown: list[dict[str, str | int | float]], y: alt.Y, tooltip: list[alt.Tooltip]) -> list[alt.Chart]:
    """A cross where an attempt failed, a triangle where a message was delivered again."""
    bad = {SpanKind.FAILED.value, SpanKind.INTERRUPTED.value, SpanKind.LOST.value}
    failures = [row for row in shown if row["kind"] in bad]
    again = [row for row in shown if int(row["attempt"]) > 1 and row["kind"] != SpanKind.WAITING.value]
    return [
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(shape=shape, size=90, filled=True, color=colour, opacity=1)
        .encode(x=alt.X(f"{at}:T", scale=_UTC), y=y, tooltip=tooltip)
        for rows, at, shape, colour in (
            (failures, "end", "cross", "#d64545"),
            (again, "start", "triangle-up", "#e8912d"),
        )
        if rows
    ]
