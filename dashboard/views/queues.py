"""Queues: their depths now and over time, and the messages in them."""

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from agenticai.client.queues.model import Attempt
from agenticai.dashboard.components.columns import make_count_columns
from agenticai.dashboard.components.depth_chart import draw_depth_chart
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.texts import code, escape_markdown, format_age, format_count, format_time, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.payloads import format_body
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.queue_rows import list_queue_rows
from agenticai.display.printable import printable

WINDOWS: Final = {"5 minutes": 5, "15 minutes": 15, "1 hour": 60, "1 day": 1440, "14 days": 20_160}
COUNTS: Final = ("visible", "in flight", "delayed", "received / min", "deleted / min")
SHOWN: Final = 20
WIDTHS: Final = {
    "function": 100,
    "running": 62,
    "since": 60,
    "at most": 65,
    "throttled": 75,
    "ran last (UTC)": 140,
    "failed last (UTC)": 140,
}
"""The widths in pixels of the columns about functions; the last one fits at a window width of 1280."""

LOG_CHARACTERS: Final = 20_000
"""The maximum length of the log lines of a failure; the end is kept."""


def page() -> None:
    """Draw the page."""
    st.title("Queues")
    draw_with_stack(_draw)


def _draw(connected: Connected) -> None:
    window = st.segmented_control("Depth over", list(WINDOWS), default="15 minutes", key="window") or "15 minutes"
    part(lambda connected: _draw_table_and_chart(connected, WINDOWS[window]))
    part(_draw_functions)
    names = [queue.name for state in connected.source.queues() for queue in (state.queue, state.dead_letters)]
    chosen = st.query_params.get("queue")
    index = names.index(chosen) if chosen in names else 0
    name = st.selectbox("Messages of", names, index=index, key="looked-into")
    st.query_params["queue"] = name
    if connected.source.looking:
        part(lambda connected: _draw_messages_on_request(connected, name), every_s=None)
    else:
        part(lambda connected: _draw_messages(connected, name))


def _draw_table_and_chart(connected: Connected, minutes: int) -> None:
    series = connected.source.depths()
    rows = list_queue_rows(connected.source.queues(), series)
    st.dataframe(
        {
            "queue": [row.name for row in rows],
            "visible": [row.visible for row in rows],
            "in flight": [row.in_flight for row in rows],
            "delayed": [row.delayed for row in rows],
            "oldest": [format_age(row.oldest_s) if row.visible + row.in_flight + row.delayed else "" for row in rows],
            "received / min": [row.received_a_minute for row in rows],
            "deleted / min": [row.deleted_a_minute for row in rows],
        },
        column_config=make_count_columns(COUNTS),
        hide_index=True,
        key="queues",
    )
    draw_depth_chart(series, [row.name for row in rows], series.now - timedelta(minutes=minutes), key="depths")


def _draw_messages_on_request(connected: Connected, name: str) -> None:
    """Show messages only on request if reading changes them."""
    st.caption(
        escape_markdown(
            f"{connected.source.looking} After five receives, SQS moves an agent's message to its dead-letter queue."
        )
    )
    if st.button("Receive and show them", key=f"look-{name}"):
        connected.source.look_again(name)
        _draw_messages(connected, name)


def _draw_functions(connected: Connected) -> None:
    st.subheader("What each function is doing now")
    activities = connected.source.doing()
    if isinstance(activities, Missing):
        st.caption(escape_markdown(f"Not available here. {activities.why}"))
        return
    now = connected.now()
    st.dataframe(
        {
            "function": [name.upper() for name in activities],
            "running": [doing.running for doing in activities.values()],
            "since": [
                format_age((now - doing.since).total_seconds()) if doing.since else "" for doing in activities.values()
            ],
            "at most": ["no limit" if doing.limit is None else str(doing.limit) for doing in activities.values()],
            "throttled": [doing.throttled for doing in activities.values()],
            "ran last (UTC)": [
                _format_short_time(doing.last.started_at) if doing.last else "never" for doing in activities.values()
            ],
            "failed last (UTC)": [
                _format_short_time(doing.failed.at) if doing.failed else "" for doing in activities.values()
            ],
            "with": [printable(doing.failed.error_type) if doing.failed else "" for doing in activities.values()],
        },
        column_config={name: st.column_config.Column(width=width) for name, width in WIDTHS.items()},
        hide_index=True,
        height="content",
        key="functions",
    )
    for name, doing in activities.items():
        if doing.failed:
            _draw_failure(connected, name, doing.failed)


def _format_short_time(at: datetime) -> str:
    return format_time(at).removesuffix(" UTC")


def _draw_failure(connected: Connected, name: str, failed: Attempt) -> None:
    """Show the latest failure of a function, and its log lines on request."""
    requested = st.query_params.get("doing") == name
    label = escape_markdown(f"Log lines of {name.upper()}'s {failed.error_type}: {failed.message[:200]}")
    if st.toggle(label, value=requested, key=f"failed-{name}"):
        lines = connected.source.log_lines(name, failed)
        code("\n".join(lines)[-LOG_CHARACTERS:] or "Nothing was logged.")


def _draw_messages(connected: Connected, name: str) -> None:
    message_page = connected.source.messages(name, None, SHOWN)
    if not message_page.messages:
        st.caption("No messages.")
        return
    st.caption(f"{len(message_page.messages):,} of {message_page.total:,} messages, the first in the queue's order.")
    for message in message_page.messages:
        with st.container(border=True):
            received = format_count(message.received, "time")
            say(f"{message.id}   {message.state}   sent {format_time(message.sent_at)}   received {received}")
            code(format_body(message.body), "json")
