"""The dashboard's navigation: `streamlit run` begins here."""

from pathlib import Path

import streamlit as st

from agenticai.dashboard.components.links import set_pages
from agenticai.dashboard.views import (
    bench,
    costs,
    dead_letters,
    model_calls,
    overview,
    projects,
    queues,
    scores,
)

# What is on a page keeps its colour while it is refreshed, and the accent can be read on its own tint and in the dark.
STYLE = """<style>
    [data-stale='true'] { opacity: 1 !important; transition: none !important; }
    button[data-selected='true'] p, [data-testid='stSliderThumbValue'] p { color: light-dark(#1d49a8, #b4c9ff); }
</style>"""

st.set_page_config(page_title="AgenticAI", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")
st.html(STYLE)
pages = {
    page.url_path: page
    for page in (
        st.Page(overview.page, title="Overview", icon=":material/hub:", url_path="overview", default=True),
        st.Page(queues.page, title="Queues", icon=":material/stacks:", url_path="queues"),
        st.Page(dead_letters.page, title="Dead letters", icon=":material/report:", url_path="dead-letters"),
        st.Page(projects.page, title="Projects", icon=":material/folder:", url_path="projects"),
        st.Page(model_calls.page, title="Model calls", icon=":material/forum:", url_path="model-calls"),
        st.Page(scores.page, title="Test scores", icon=":material/fact_check:", url_path="scores"),
        st.Page(costs.page, title="Free tier and cost", icon=":material/savings:", url_path="costs"),
        st.Page(bench.page, title="Bench", icon=":material/tune:", url_path="bench"),
    )
}
set_pages(pages)
opened = st.navigation(list(pages.values()))
opened.run()
