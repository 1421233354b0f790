"""Overview: a live map of a request's way, from the client to the stores."""

from typing import TYPE_CHECKING, Final

import streamlit as st

from agenticai.client.queues.model import AgentQueues, QueueState
from agenticai.dashboard.components.links import link
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.texts import escape_markdown, format_age, format_count, format_time
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.doing import Doing
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.stations import Station, list_stations

if TYPE_CHECKING:
    from datetime import datetime

    from agenticai.emulator.core.bench_records import ClockReading

MAP_SECONDS: Final = 4.0
"""The interval in seconds at which the map is redrawn: it has many parts, and stays open all day."""

STYLE: Final = """<style>
.st-key-map { max-width: 75rem; }
.st-key-map [data-testid="stPageLink-NavLink"] { padding: 0; min-height: 0; }
.st-key-map [class*="st-key-map-badges-"] a > :has([data-testid="stIconMaterial"]) { display: none; }
.st-key-map [class*="st-key-map-lane-"] { position: relative; padding-bottom: 1.5rem; gap: 2.5rem; }
.st-key-map [class*="st-key-map-lane-"] > * { flex: 1 1 14rem; }
.st-key-map [class*="st-key-map-to-"] { position: relative; overflow: visible; }
.st-key-map [class*="st-key-map-"]::after { position: absolute; font-size: 1.2rem; opacity: 0.6; }
.st-key-map [class*="st-key-map-to-"]::after {
  content: "\\2192" / ""; right: -2.1rem; top: calc(50% - 0.9rem);
}
.st-key-map [class*="st-key-map-lane-"]:not(.st-key-map-lane-stores)::after {
  content: "\\2193" / ""; left: 1.5rem; bottom: 0; line-height: 1.4rem;
}
@media (max-width: 640px) {
  .st-key-map [class*="st-key-map-lane-"] { gap: 1.6rem; }
  .st-key-map [class*="st-key-map-to-"]::after {
    content: "\\2193" / ""; left: 1.5rem; right: auto; top: auto; bottom: -1.6rem;
  }
}
</style>"""
"""Arrows between the boxes of the map, in the colour of the text; they point down if boxes are stacked."""


def page() -> None:
    """Draw the page."""
    st.title("Overview")
    draw_with_stack(_draw)


def _draw(_: Connected) -> None:
    st.html(STYLE)
    part(_draw_map, every_s=MAP_SECONDS)


def _draw_map(connected: Connected) -> None:
    _draw_time(connected.source.clock())
    doing, now = connected.source.doing(), connected.now()
    shown = list_stations(connected.source.queues(), doing)
    if isinstance(doing, Missing):
        st.caption(escape_markdown(f"What functions are doing now is not available: {doing.why}"))
    with st.container(key="map", gap=None):
        for station in shown:
            with st.container(horizontal=True, key=f"map-lane-{station.name}"):
                if station.queues is None:
                    _draw_client()
                else:
                    _draw_queue(station.queues)
                _draw_agent(station, now)
        _draw_stores()


def _draw_time(clock: "ClockReading | Missing") -> None:
    if isinstance(clock, Missing):
        return
    skipped = f", {format_age(clock.ahead_s)} of it skipped" if clock.ahead_s else ""
    st.caption(escape_markdown(f"{format_time(clock.now)}{skipped}"))


def _draw_client() -> None:
    with st.container(border=True, key="map-to-client", gap="xsmall"):
        link("projects", "**Client**", ":material/person:")
        st.caption("posts requirements, reads projects")


def _draw_queue(state: AgentQueues) -> None:
    depth, name = state.queue.depth, state.queue.name
    with st.container(border=True, key=f"map-to-queue-{state.agent}", gap="xsmall"):
        link("queues", f"**{state.agent.upper()} queue**", ":material/stacks:", queue=name)
        with st.container(horizontal=True, gap="xsmall", key=f"map-badges-{state.agent}"):
            _draw_badge("queues", format_count(depth.total, "message"), "blue" if depth.total else "gray", queue=name)
            if depth.total:
                counts = {"visible": depth.visible, "in flight": depth.in_flight, "delayed": depth.delayed}
                for state_name, count in counts.items():
                    if count:
                        _draw_badge("queues", f"{count:,} {state_name}", "gray", queue=name)
                _draw_badge("queues", f"oldest {format_age(state.queue.oldest_s)}", "gray", queue=name)
            _draw_dead_letters(state.agent, state.dead_letters)


def _draw_agent(station: Station, now: "datetime") -> None:
    with st.container(border=True, key=f"map-agent-{station.name}", gap="xsmall"):
        label = "API" if station.queues is None else f"{station.title} agent"
        link("queues", f"**{label}**", ":material/function:", doing=station.name)
        if station.doing is not None:
            with st.container(horizontal=True, gap="xsmall", key=f"map-badges-agent-{station.name}"):
                _draw_doing(station.name, station.doing, now)


def _draw_doing(name: str, doing: Doing, now: "datetime") -> None:
    if doing.running:
        since = format_age((now - doing.since).total_seconds()) if doing.since else "a moment"
        _draw_badge("queues", f"{doing.running} running for {since}", "green", doing=name)
    elif doing.last:
        idle_s = (now - doing.last.started_at).total_seconds() - doing.last.duration_ms / 1000
        _draw_badge("queues", f"idle for {format_age(idle_s)}", "gray", doing=name)
    else:
        _draw_badge("queues", "has not run", "gray", doing=name)
    if doing.at_limit:
        _draw_badge("queues", f"at its limit of {doing.limit}", "orange", doing=name)
    if doing.throttled:
        _draw_badge("queues", f"{format_count(doing.throttled, 'call')} throttled", "orange", doing=name)
    if doing.failed:
        failed = f"failed {format_age((now - doing.failed.at).total_seconds())} ago: {doing.failed.error_type}"
        _draw_badge("queues", failed, "red", doing=name)


def _draw_dead_letters(agent: str, queue: QueueState) -> None:
    count = queue.depth.total
    since = f", oldest {format_age(queue.oldest_s)}" if count and queue.oldest_s is not None else ""
    _draw_badge("dead-letters", f"{format_count(count, 'dead letter')}{since}", "red" if count else "gray", queue=agent)


def _draw_stores() -> None:
    with st.container(horizontal=True, key="map-lane-stores"):
        for path, title, icon, description in (
            ("projects", "Table", ":material/table:", "projects, plans, tasks and events"),
            ("projects", "Bucket", ":material/database:", "files, reports and packages"),
            ("costs", "Logs", ":material/article:", "the functions' logs, and the cost"),
        ):
            with st.container(border=True, key=f"map-store-{title.lower()}", gap="xsmall"):
                link(path, f"**{title}**", icon)
                st.caption(description)


def _draw_badge(path: str, text: str, colour: str, **query: str) -> None:
    """Show a figure as a link to its details."""
    link(path, f":{colour}-badge[{escape_markdown(text)}]", **query)
