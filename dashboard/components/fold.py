"""What is folded away until somebody asks for it: a browser spends as long on what it hides as on what it shows."""

from collections.abc import Callable

import streamlit as st


def fold(label: str, draw: Callable[[], None], *, key: str, icon: str | None = None) -> None:
    """Draw something below a label that unfolds it, from when it was unfolded first: what was typed there then stays.

    `label` is Markdown.
    """
    unfolded = f"{key}-unfolded"
    place = st.expander(label, icon=icon, key=key, on_change="rerun")
    if place.open:
        st.session_state[unfolded] = True
    if st.session_state.get(unfolded):
        with place:
            draw()
