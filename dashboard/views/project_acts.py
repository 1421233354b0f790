"""The actions on a project: change, retry, package again, delete."""

from typing import Final

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.dashboard.components.fold import fold
from agenticai.dashboard.components.outcome import carry_out, keep_outcome, show_outcome
from agenticai.dashboard.components.texts import escape_markdown, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.new_project import InvalidInput, read_requirements
from shared.models.views import ProjectView
from shared.models.workflow import AT_REST

DELETING: Final = "deleting"
"""The session key of the id of the project whose deletion has to be confirmed."""

OVERRULING: Final = "overruling"
"""The session key of the id of the project whose packaging without proof has to be confirmed."""


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the actions that the project's status allows."""
    show_outcome()
    at_rest = project.status in AT_REST
    with st.container(horizontal=True):
        if st.button("Retry", icon=":material/replay:", disabled=at_rest and not project.failure, key="retry"):
            carry_out(lambda: connected.api.retry(project.id), "The project is retried.")
        if st.button("Package again", icon=":material/package_2:", disabled=not at_rest, key="deploy"):
            carry_out(lambda: connected.api.deploy(project.id), "The project is packaged again.")
        if st.button("Delete", icon=":material/delete:", key="delete"):
            st.session_state[DELETING] = project.id
    if st.session_state.get(DELETING) == project.id:
        _draw_confirmation(connected, project)
    fold(
        "Request and change",
        lambda: _draw_change(connected, project, at_rest=at_rest),
        key="change-fold",
        icon=":material/edit:",
    )


def _draw_confirmation(connected: Connected, project: ProjectView) -> None:
    with st.container(border=True):
        name = escape_markdown(project.name)
        st.warning(f"Delete **{name}** with all its files, reports and packages? This cannot be undone.")
        with st.container(horizontal=True):
            if st.button("Yes, delete it for good", type="primary", key="delete-yes"):
                _delete(connected, project)
            if st.button("Keep it", key="delete-no"):
                del st.session_state[DELETING]
                st.rerun()


def draw_package_unproven(connected: Connected, project: ProjectView) -> None:
    """Draw the action that completes a project although the test of its package failed; it asks for confirmation."""
    at_rest = project.status in AT_REST
    if st.button("Package it anyway", icon=":material/gavel:", disabled=not at_rest, key="unproven"):
        st.session_state[OVERRULING] = project.id
    if st.session_state.get(OVERRULING) != project.id:
        return
    with st.container(border=True):
        st.warning("Package this revision again, and complete the project even if its package fails when it is tried?")
        with st.container(horizontal=True):
            if st.button("Yes, package it unproven", type="primary", disabled=not at_rest, key="unproven-yes"):
                del st.session_state[OVERRULING]
                carry_out(lambda: connected.api.deploy(project.id, unproven=True), "It is packaged unproven.")
            if st.button("Leave it", key="unproven-no"):
                del st.session_state[OVERRULING]
                st.rerun()


def _delete(connected: Connected, project: ProjectView) -> None:
    try:
        connected.api.delete(project.id)
    except ApiError as error:
        st.error(escape_markdown(str(error)))
        return
    keep_outcome(f"{project.name} ({project.id}) was deleted.")
    del st.session_state[DELETING]
    del st.query_params["project"]
    st.rerun()


def _draw_change(connected: Connected, project: ProjectView, *, at_rest: bool) -> None:
    say(project.requirements) if not project.template else st.caption("Created from a template.")
    if not at_rest:
        st.caption("You can request a change once the project is finished.")
        return
    with st.form("change", border=False, clear_on_submit=True):
        text = st.text_area("What should change", height=120, key="change-text")
        file = st.file_uploader("Or a file that describes it", type=["md", "txt"], key="change-file")
        submitted = st.form_submit_button("Request the change", type="primary", key="change-ask")
    if submitted:
        _modify(connected, project, text, file.getvalue() if file else None)


def _modify(connected: Connected, project: ProjectView, text: str, file: bytes | None) -> None:
    try:
        requirements = read_requirements(text, file)
    except InvalidInput as error:
        st.error(escape_markdown(str(error)))
        return
    if requirements is None:
        st.error("Describe the change, or choose a file that describes it.")
        return
    carry_out(lambda: connected.api.modify(project.id, requirements), "The change is being planned.")
