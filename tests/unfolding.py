"""Unfolds what a page of the dashboard keeps folded, as a click on its label does."""

from streamlit.testing.v1 import AppTest


def unfold(page: AppTest, *keys: str) -> AppTest:
    """Unfold the folds with these keys, and draw the page again."""
    for key in keys:
        page.session_state[key] = True
    page.run()
    assert not page.exception
    return page
