"""Overview: the way of a request from queue to queue, live."""

import streamlit as st

from agenticai.dashboard.components.session import part, with_stack
from agenticai.dashboard.components.texts import age, when
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Missing


def page() -> None:
    """Draw the page."""
    st.title("Overview")
    with_stack(_draw)


def _draw(_: Connected) -> None:
    part(_stations)


def _stations(connected: Connected) -> None:
    states = connected.source.queues()
    clock = connected.source.clock()
    if not isinstance(clock, Missing):
        skipped = f", {age(clock.ahead_s)} skipped" if clock.ahead_s else ""
        st.caption(f"{when(clock.now)}{skipped}")
    for column, state in zip(st.columns(len(states)), states, strict=True):
        with column, st.container(border=True):
            st.metric(state.agent.upper(), state.queue.depth.total, help="Messages in the agent's queue")
            oldest = f", oldest {age(state.queue.oldest_s)}" if state.queue.depth.total else ""
            st.caption(f"{state.queue.depth.in_flight} in flight{oldest}")
            if dead := state.dead_letters.depth.total:
                st.badge(f"{dead} dead letters", color="red", icon=":material/report:")
