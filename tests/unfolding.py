"""Expands a folded part of a dashboard page, like a click on its label."""

from streamlit.testing.v1 import AppTest


def unfold(page: AppTest, *keys: str) -> AppTest:
    """Expand the parts with these keys, and draw the page again."""
    for key in keys:
        page.session_state[key] = True
    page.run()
    assert not page.exception
    return page
