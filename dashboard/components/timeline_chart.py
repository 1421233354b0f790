"""The chart of a project's timeline: a lane for each piece of work, with waiting and working in different colours."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from agenticai.dashboard.components.chart import Spec, channel, draw_chart, layer
from agenticai.dashboard.services.timeline import Span, SpanKind, describe_spans
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
"""Pixels for the axis and the legend."""

SHORT_S: Final = 10
DAY_S: Final = 86_400
_UTC: Final = {"type": "utc", "padding": 8}  # keeps a mark at either end whole

Row = dict[str, str | int | float]
"""A span as a row of the chart's data."""


def name_lane(span: Span) -> str:
    """Return the name of a span's lane."""
    return printable(f"{span.agent}  {span.work}")


def _format_exact(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def draw_timeline_chart(spans: Sequence[Span], key: str) -> None:
    """Draw spans, with the lanes ordered by their first span."""
    lanes = list(dict.fromkeys(name_lane(span) for span in spans))
    rows = [_make_row(span) for span in spans]
    y = channel("lane:N", title=None, sort=lanes, axis={"labelLimit": 220, "labelOverlap": False})
    layers = [_make_bars(rows, y, _make_time_axis(spans)), *_make_marks(rows, y)]
    description = f"Timeline of {len(lanes)} pieces of work: {describe_spans(spans)}. The table lists all spans."
    draw_chart(layers, height=LANE_HEIGHT * len(lanes) + AROUND, key=key, alt=description)


def _make_row(span: Span) -> Row:
    return {
        "lane": name_lane(span),
        "kind": span.kind.value,
        "attempt": span.attempt,
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
        "from": _format_exact(span.start),
        "to": _format_exact(span.end),
        "seconds": round(span.seconds, 3),
        "detail": printable(span.detail[:300]),
    }


def _make_tooltip() -> list[Spec]:
    titles = {"lane:N": "work", "kind:N": "what", "attempt:Q": "attempt", "seconds:Q": "seconds"}
    titles |= {"from:N": "from (UTC)", "to:N": "to (UTC)", "detail:N": "detail"}
    return [channel(field, title=title) for field, title in titles.items()]


def _make_bars(rows: list[Row], y: Spec, axis: Spec) -> Spec:
    kinds = [kind.value for kind in COLOURS]
    present_kinds = [kind for kind in kinds if any(row["kind"] == kind for row in rows)]
    colours = {"domain": kinds, "range": list(COLOURS.values())}
    legend = {"orient": "bottom", "columns": 2, "labelLimit": 180, "values": present_kinds}
    return layer(
        rows,
        {"type": "bar", "minBandSize": 10, "strokeWidth": 2},
        x=channel("start:T", title="UTC", scale=_UTC, axis=axis),
        x2={"field": "end"},
        y=y,
        color=channel("kind:N", title=None, scale=colours, legend=legend),
        stroke=channel("kind:N", title=None, scale=colours, legend=legend),  # keeps seconds visible among hours
        tooltip=_make_tooltip(),
    )


def _make_time_axis(spans: Sequence[Span]) -> Spec:
    """Return a time axis whose labels are as precise as the period needs."""
    seconds = (max(span.end for span in spans) - min(span.start for span in spans)).total_seconds()
    label_format = "%H:%M:%S.%L" if seconds < SHORT_S else "%H:%M:%S" if seconds < DAY_S else "%m-%d %H:%M"
    return {"format": label_format, "tickCount": 5, "labelOverlap": "greedy"}


def _make_marks(all_rows: list[Row], y: Spec) -> list[Spec]:
    """Return a cross where an attempt failed, and a triangle where a message was redelivered."""
    failed_kinds = {SpanKind.FAILED.value, SpanKind.INTERRUPTED.value, SpanKind.LOST.value}
    failures = [row for row in all_rows if row["kind"] in failed_kinds]
    redeliveries = [row for row in all_rows if int(row["attempt"]) > 1 and row["kind"] != SpanKind.WAITING.value]
    return [
        layer(
            rows,
            {"type": "point", "shape": shape, "size": 90, "filled": True, "color": colour, "opacity": 1},
            x=channel(channel_field, scale=_UTC),
            y=y,
            tooltip=_make_tooltip(),
        )
        for rows, channel_field, shape, colour in (
            (failures, "end:T", "cross", "#d64545"),
            (redeliveries, "start:T", "triangle-up", "#e8912d"),
        )
        if rows
    ]
