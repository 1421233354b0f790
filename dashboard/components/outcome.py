"""What became of an act, shown until the next one."""

from collections.abc import Callable

import streamlit as st

from agenticai.dashboard.components.texts import plain, say
from agenticai.dashboard.services.connecting import FAULTS

_TOLD = "outcome"
_REFUSED = "outcome-refused"


def tell(*sentences: str) -> None:
    """Keep what became of an act for the page that is drawn next."""
    st.session_state[_TOLD] = [sentence.strip() for sentence in sentences]


def act(do: Callable[[], str]) -> None:
    """Do something that returns what became of it, and draw the page anew with that, or with why it was refused."""
    try:
        tell(*do().split("\n"))
    except FAULTS as error:
        st.session_state[_REFUSED] = str(error)
    st.rerun()


def outcome() -> None:
    """Show what became of the last act, if there was one, in a place that is kept: what follows stays as it is."""
    with st.container():
        if told := st.session_state.pop(_TOLD, None):
            with st.container(border=True):
                say("\n".join(told))
        if refused := st.session_state.pop(_REFUSED, None):
            st.error(plain(refused))
