"""Projects: the list, newest first, one project in full, and the form for a new one."""

from typing import TYPE_CHECKING, Final

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.dashboard.components.fold import fold
from agenticai.dashboard.components.outcome import show_outcome
from agenticai.dashboard.components.session import REFRESH_SECONDS, draw_with_stack, part
from agenticai.dashboard.components.statuses import format_dollars
from agenticai.dashboard.components.texts import escape_markdown, format_age
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.new_project import InvalidInput, make_request
from agenticai.dashboard.services.project_list import SearchResult, find_projects, make_rows
from agenticai.dashboard.services.project_use import compute_aws_costs_usd
from agenticai.dashboard.views import project
from agenticai.display.printable import printable
from shared.models.workflow import ProjectStatus

if TYPE_CHECKING:
    from shared.models.template import TemplateSummary

ALL: Final = "All"
SEARCH_SECONDS: Final = 10.0
"""The interval in seconds at which a search, which may read many pages, is repeated."""

TEMPLATES: Final = "projects-templates"
"""The session key of the templates, which are read once."""

CURSORS: Final = "projects-cursors"
"""The session key of the cursors of the previous pages."""

LISTED: Final = "projects-listed"
CHOSEN: Final = "projects-chosen"
"""The session keys of the project ids shown last, and of the project that was chosen from them or created.

The latter is kept until the project's page is drawn: a refresh that the browser requested before it knew the new
address may come in between, and would lead back to the list.
"""


def page() -> None:
    """Draw the page: the list, or the project that the address names."""
    if project_id := st.query_params.get("project"):
        st.session_state.pop(CHOSEN, None)
        project.draw(project_id)
        return
    st.title("Projects")
    draw_with_stack(_draw)


def _draw(connected: Connected) -> None:
    show_outcome()
    fold("New project", lambda: _draw_new_project(connected), key="new-project-fold", icon=":material/add:")
    left, right = st.columns([2, 1])
    text = left.text_input("Search", placeholder="Name or id", key="projects-search", max_chars=200)
    status = right.selectbox("Status", [ALL, *ProjectStatus], key="projects-status")
    query = (text, status)
    if st.session_state.get("projects-asked") != query:
        st.session_state["projects-asked"], st.session_state[CURSORS] = query, []
    chosen = None if status == ALL else ProjectStatus(status)
    part(lambda connected: _draw_list(connected, text, chosen), every_s=SEARCH_SECONDS if text else REFRESH_SECONDS)


def _draw_list(connected: Connected, text: str, status: ProjectStatus | None) -> None:
    cursors: list[str] = st.session_state.setdefault(CURSORS, [])
    result = find_projects(connected.api, text, status, cursors[-1] if cursors else None)
    if result.projects:
        _draw_table(connected, result)
    else:
        st.caption("No project matches." if text or status else "No projects yet.")
    _draw_paging(result, cursors, searched=bool(text))


def _draw_table(connected: Connected, result: SearchResult) -> None:
    project_rows = make_rows(result.projects, connected.now(), connected.source.model())
    st.session_state[LISTED] = [row.id for row in project_rows]
    st.dataframe(
        {
            "name": [printable(row.name) for row in project_rows],
            "status": [row.status for row in project_rows],
            "score": ["-" if row.score is None else f"{row.score:g}" for row in project_rows],
            "revision": [row.revision for row in project_rows],
            "age": [format_age(row.age_s) for row in project_rows],
            "model cost": [format_dollars(row.cost_usd) for row in project_rows],
            "AWS cost": [
                format_dollars(cost)
                for cost in compute_aws_costs_usd(connected.source, (row.id for row in project_rows))
            ],
            "id": [row.id for row in project_rows],
        },
        hide_index=True,
        on_select=_store_choice,
        selection_mode="single-row",
        key="projects",
    )
    if chosen := st.session_state.get(CHOSEN):
        _open(chosen)


def _store_choice() -> None:
    """Store which project was chosen, from the list as it was shown, as the list may have grown since."""
    ids: list[str] = st.session_state.get(LISTED, [])
    rows = st.session_state["projects"]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        st.session_state[CHOSEN] = ids[rows[0]]


def _open(project_id: str) -> None:
    st.session_state[CHOSEN] = project_id
    st.query_params["project"] = project_id
    st.rerun()


def _draw_paging(result: SearchResult, cursors: list[str], *, searched: bool) -> None:
    if searched:
        st.caption(f"{len(result.projects)} of the {result.looked_at} projects searched.")
    newer, older = st.columns(2)
    for column, label, target_cursors in (
        (newer, "Newer", cursors[:-1] if cursors else None),
        (older, "Older", [*cursors, result.next] if result.next else None),
    ):
        key = f"projects-{label.lower()}"
        column.button(
            label,
            disabled=target_cursors is None,
            key=key,
            width="stretch",
            on_click=_turn_page,
            args=(target_cursors,),
        )


def _turn_page(cursors: list[str]) -> None:
    st.session_state[CURSORS] = cursors


def _draw_new_project(connected: Connected) -> None:
    if TEMPLATES not in st.session_state:
        st.session_state[TEMPLATES] = {template.id: template for template in connected.api.list_templates()}
    templates: dict[str, TemplateSummary] = st.session_state[TEMPLATES]
    with st.form("new-project", border=False):
        name = st.text_input(
            "Name", placeholder="If empty, derived from the requirements", max_chars=100, key="new-name"
        )
        text = st.text_area("Requirements", height=160, key="new-text")
        file = st.file_uploader("Or a file with the requirements", type=["md", "txt"], key="new-file")
        template = st.selectbox(
            "Template",
            [None, *templates],
            format_func=lambda template_id: printable(templates[template_id].name) if template_id else "None",
            key="new-template",
        )
        if not st.form_submit_button("Create", type="primary", key="new-create"):
            return
    _create(connected, name, text, file.getvalue() if file else None, template)


def _create(connected: Connected, name: str, text: str, file: bytes | None, template: str | None) -> None:
    try:
        request = make_request(name, text, file, template)
        created = connected.api.create(request.name, request.requirements, request.template)
    except (InvalidInput, ApiError) as error:
        st.error(escape_markdown(str(error)))
        return
    _open(created.id)
