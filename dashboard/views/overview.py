"""Overview: the way of a request from the API through the queues, live."""

from typing import TYPE_CHECKING

import streamlit as st

from agenticai.dashboard.components.links import link
from agenticai.dashboard.components.session import part, with_stack
from agenticai.dashboard.components.texts import age, plain, when
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.stations import Station, stations

if TYPE_CHECKING:
    from agenticai.emulator.core.bench_records import ClockReading


def page() -> None:
    """Draw the page."""
    st.title("Overview")
    with_stack(_draw)


def _draw(_: Connected) -> None:
    part(_map)


def _map(connected: Connected) -> None:
    _time(connected.source.clock())
    st.caption("A client's request goes to the API, and from queue to queue:")
    shown = stations(connected.source.queues(), connected.source.invocations(), connected.functions)
    for column, station in zip(st.columns(len(shown)), shown, strict=True):
        with column, st.container(border=True):
            _station(station)


def _time(clock: "ClockReading | Missing") -> None:
    if isinstance(clock, Missing):
        return
    skipped = f", {age(clock.ahead_s)} of it skipped" if clock.ahead_s else ""
    st.caption(f"{when(clock.now)}{skipped}")


def _station(station: Station) -> None:
    if station.queue is None:
        st.metric(station.title, "", help="It has no queue: clients call it.")
    else:
        depth = station.queue.depth
        st.metric(station.title, depth.total, help="Messages in its queue")
        oldest = f", oldest {age(station.queue.oldest_s)}" if depth.total else ""
        st.caption(f"{depth.visible} visible, {depth.in_flight} in flight, {depth.delayed} delayed{oldest}")
        link("queues", "queue", ":material/stacks:", queue=station.queue.name)
    _last(station)
    if station.dead_letters:
        count = f"{station.dead_letters} dead {'letter' if station.dead_letters == 1 else 'letters'}"
        link("dead-letters", f":red-badge[{count}]", queue=station.title.lower())


def _last(station: Station) -> None:
    last = station.last
    if last is None:
        st.caption("No invocation is known.")
    elif last.error_type:
        st.caption(f":red[{plain(last.error_type)}] at {when(last.started_at)}")
    else:
        st.caption(f"Last run well at {when(last.started_at)}, in {last.duration_ms:,.0f} ms")
