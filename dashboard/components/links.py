"""Links between the dashboard's pages, which open without reloading the browser's page."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

_PAGES = "pages"


def set_pages(pages: Mapping[str, Any]) -> None:
    """Set the pages by their paths; called by the navigation."""
    st.session_state[_PAGES] = dict(pages)


def link(path: str, label: str, icon: str | None = None, **query: str) -> None:
    """Show a link to a page, with query parameters; `label` is Markdown."""
    if (page := st.session_state.get(_PAGES, {}).get(path)) is not None:
        st.page_link(page, label=label, icon=icon, query_params=query)
    else:
        st.markdown(label)
