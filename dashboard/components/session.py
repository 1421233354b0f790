"""The one connection of the dashboard's process, and what a page shows while there is no stack."""

import os
from collections.abc import Callable
from typing import Final

import streamlit as st

from agenticai.dashboard.components.texts import escape_markdown, say
from agenticai.dashboard.services.connecting import FAULTS, Connected, Connection
from agenticai.dashboard.services.variables import ENDPOINT, STAGE, START

REFRESH_SECONDS: Final = 2.0
OWN_CALLS_SECONDS: Final = 10.0
"""The interval in seconds at which the last line of a page is redrawn: each live part costs a run of its own."""


@st.cache_resource(show_spinner=False)
def get_connection() -> Connection:
    """Return the connection that all sessions share."""
    return Connection(os.environ[ENDPOINT], os.environ[STAGE])


def read_refresh_s() -> float:
    """Return the refresh interval in seconds that the target asks for; 0 if there is no target."""
    try:
        return get_connection().get().source.refresh_s
    except FAULTS:
        return 0.0


def draw_with_stack(draw: Callable[[Connected], None]) -> None:
    """Draw with the stack; if there is none, or it does not answer, say so, and start again when it does."""
    shared = get_connection()
    try:
        connected = shared.get()
    except FAULTS as error:
        shared.lose()
        _wait_for_stack(str(error))
        return
    try:
        draw(connected)
        _draw_own_calls()
    except FAULTS as error:
        shared.lose()
        _draw_again(str(error))


@st.fragment(run_every=OWN_CALLS_SECONDS)
def _draw_own_calls() -> None:
    st.caption(escape_markdown(get_connection().own_calls.summarize()))


def _draw_again(reason: str) -> None:
    """Show an error, and redraw the page after a while; at once could loop forever."""
    drawn = False

    @st.fragment(run_every=REFRESH_SECONDS)
    def redraw() -> None:
        nonlocal drawn
        if drawn:
            st.rerun()
        drawn = True
        _show_trouble(reason)

    redraw()


def _show_trouble(reason: str) -> None:
    """Show an error, as a sentence, and what happens next."""
    st.warning(f"{escape_markdown(reason.rstrip('. '))}. This page asks again by itself.")


@st.fragment(run_every=REFRESH_SECONDS)
def _wait_for_stack(reason: str) -> None:
    try:
        get_connection().get()
    except FAULTS as error:
        reason = str(error)
    else:
        st.rerun()
    start = os.environ.get(START, "agenticai up")
    st.info(f"No stack is running yet. Start one with `{start}`; this page then updates by itself.")
    say(reason)


def part(draw: Callable[[Connected], None], *, every_s: float | None = REFRESH_SECONDS) -> None:
    """Draw a part of a page that refreshes by itself; if the target fails, the error is shown in its place."""
    if every_s is not None:
        every_s = max(every_s, read_refresh_s())

    @st.fragment(run_every=every_s)
    def draw_part() -> None:
        try:
            connected = get_connection().get()
        except FAULTS:
            st.rerun()  # the page says that no stack is running, and waits for one
        try:
            draw(connected)
        except FAULTS as error:
            get_connection().lose()
            if every_s is None:  # nothing else would redraw it
                _draw_again(str(error))
            else:
                _show_trouble(str(error))

    draw_part()
