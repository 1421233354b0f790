"""The outcome of an action, shown until the next one."""

from collections.abc import Callable

import streamlit as st

from agenticai.dashboard.components.texts import escape_markdown, say
from agenticai.dashboard.services.connecting import FAULTS

_TOLD = "outcome"
_REFUSED = "outcome-refused"


def keep_outcome(*sentences: str) -> None:
    """Keep the outcome of an action for the next page that is drawn."""
    st.session_state[_TOLD] = [sentence.strip() for sentence in sentences]


def act(do: Callable[[], str]) -> None:
    """Do something that returns its outcome, and redraw the page with that, or with why it was refused."""
    try:
        keep_outcome(*do().split("\n"))
    except FAULTS as error:
        st.session_state[_REFUSED] = str(error)
    st.rerun()


def carry_out(do: Callable[[], object], said: str) -> None:
    """Do something, and redraw the page with `said`, or with why it was refused."""

    def do_and_report() -> str:
        do()
        return said

    act(do_and_report)


def show_outcome() -> None:
    """Show the outcome of the last action, if any, in a reserved place, so that the elements below keep their state."""
    with st.container():
        if messages := st.session_state.pop(_TOLD, None):
            with st.container(border=True):
                say("\n".join(messages))
        if refusal := st.session_state.pop(_REFUSED, None):
            st.error(escape_markdown(refusal))
