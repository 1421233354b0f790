"""What became of an act, shown until the next one."""

import streamlit as st

from agenticai.dashboard.components.texts import say

_TOLD = "outcome"


def tell(*sentences: str) -> None:
    """Keep what became of an act for the page that is drawn next."""
    st.session_state[_TOLD] = [sentence.strip() for sentence in sentences]


def outcome() -> None:
    """Show what became of the last act, if there was one."""
    if told := st.session_state.pop(_TOLD, None):
        with st.container(border=True):
            say("\n".join(told))
