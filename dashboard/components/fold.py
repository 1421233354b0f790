"""A collapsible section that is drawn only when opened: a browser spends as long on hidden content as on visible."""

from collections.abc import Callable

import streamlit as st


def fold(label: str, draw: Callable[[], None], *, key: str, icon: str | None = None) -> None:
    """Draw a section that opens on a click; once opened it is always drawn, so that its inputs are kept.

    `label` is Markdown.
    """
    unfolded = f"{key}-unfolded"
    place = st.expander(label, icon=icon, key=key, on_change="rerun")
    if place.open:
        st.session_state[unfolded] = True
    if st.session_state.get(unfolded):
        with place:
            draw()
