"""One project: its state, its actions and its details, live until it ends."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.dashboard.components.links import link
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.statuses import format_dollars, show_status
from agenticai.dashboard.components.texts import escape_markdown, format_age, format_count, format_time, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.letters import find_stuck
from agenticai.dashboard.services.model_calls import find_missing_digest
from agenticai.dashboard.services.project_list import is_id
from agenticai.dashboard.views import project_acts
from agenticai.dashboard.views.sections import (
    calls,
    changes,
    deployments,
    files,
    plan,
    quality,
    timeline,
    use,
)
from shared.models.views import ProjectView
from shared.models.workflow import FINAL, ProjectStatus

Section = Callable[[Connected, ProjectView], None]

SECTIONS: Final[dict[str, Section]] = {
    "Timeline": timeline.draw,
    "Plan": plan.draw,
    "Files": files.draw,
    "Changes": changes.draw,
    "Quality": quality.draw,
    "Model calls": calls.draw,
    "Use and cost": use.draw,
    "Deployments": deployments.draw,
}

LIVE_SECONDS: Final = 1.5
AT_REST_SECONDS: Final = 10.0
"""The interval in seconds at which a project that has ended is read again, as it may be changed."""


def draw(project_id: str) -> None:
    """Draw the page of a project."""
    if st.button("All projects", icon=":material/arrow_back:", type="tertiary", key="all-projects"):
        del st.query_params["project"]
        st.rerun()
    draw_with_stack(lambda connected: _draw(connected, project_id))


def _draw(connected: Connected, project_id: str) -> None:
    project = _read_project(connected, project_id)
    if project is None:
        return
    st.container().title(escape_markdown(project.name))
    cached = [project] * 3  # for the first run of the live parts, which later read it themselves

    def read_latest(connected: Connected) -> ProjectView | None:
        return cached.pop() if cached else _read_project(connected, project_id)

    ended = project.status in FINAL
    part(
        lambda connected: _draw_live_head(connected, read_latest(connected), project),
        every_s=AT_REST_SECONDS if ended else LIVE_SECONDS,
    )
    if not ended:
        part(lambda connected: _draw_stuck(connected, read_latest(connected)), every_s=AT_REST_SECONDS)
    project_acts.draw(connected, project)
    section = SECTIONS[_choose_section()]
    part(
        lambda connected: _draw_section(connected, read_latest(connected), section),
        every_s=None if ended else LIVE_SECONDS,
    )


def _draw_live_head(connected: Connected, now: ProjectView | None, drawn: ProjectView) -> None:
    """Draw the head; if the project was deleted, has ended or was restarted, redraw the whole page."""
    if now is None:
        st.rerun()
    _draw_head(connected, now)
    ended = drawn.status in FINAL
    if (now.status in FINAL) != ended or (ended and now.updated_at != drawn.updated_at):
        st.rerun()


def _choose_section() -> str:
    chosen = st.segmented_control(
        "Section",
        list(SECTIONS),
        default="Timeline",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or "Timeline"


def _draw_section(connected: Connected, project: ProjectView | None, draw_section: Section) -> None:
    if project is not None:
        draw_section(connected, project)


def _read_project(connected: Connected, project_id: str) -> ProjectView | None:
    """Return the project, or None, with a sentence on the page, if it does not exist."""
    if is_id(project_id):  # a text that is no id could be the path of another resource
        try:
            return connected.api.get(project_id)
        except ApiError as error:
            if error.status != 404:
                raise
    st.info("There is no such project. It may have been deleted, or its engine was stopped.")
    say(project_id)
    return None


def _draw_head(connected: Connected, project: ProjectView) -> None:
    model, tokens = connected.source.model(), project.tokens
    cost = model.compute_cost_usd(tokens.prompt_tokens, tokens.output_tokens, project.created_at.date())
    facts = {
        "Score": "-" if project.score is None else f"{project.score:g}",
        "Revision": str(project.revision),
        "Age": format_age((connected.now() - project.created_at).total_seconds()),
        "Model cost": format_dollars(cost),
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        show_status(project.status)
        for name, value in facts.items():
            st.markdown(f"{name} **{escape_markdown(value)}**", width="content")
    st.caption(
        escape_markdown(
            f"{project.id}, created {format_time(project.created_at)}, changed {format_time(project.updated_at)}"
        )
    )
    if project.failure:
        _draw_failure(project)


def _draw_stuck(connected: Connected, project: ProjectView | None) -> None:
    """Draw a link to the dead letters, if one of them is, or may be, why a project waits."""
    stuck = find_stuck(connected.source, project) if project else None
    if not stuck:
        return
    with st.container(border=True):
        if stuck.surely:
            st.warning("A message of this project failed each time and is a dead letter now.")
        else:
            st.info(
                f"{stuck.agent.upper()} has {format_count(stuck.count, 'dead letter')};"
                " this project's message may be one."
            )
        link("dead-letters", f"The dead letters of {stuck.agent.upper()}", ":material/mail:", queue=stuck.agent)


def _draw_failure(project: ProjectView) -> None:
    with st.container(border=True):
        if project.status is ProjectStatus.FAILED:
            st.error("This project failed.", icon=":material/error:")
        else:
            st.warning("Its last change failed and was taken back; the project is as it was before.")
        reason = project.failure.reason if project.failure else ""
        say(reason)
        if digest := find_missing_digest(reason):
            st.link_button("Write the missing reply", f"/model-calls?miss={digest}", icon=":material/edit_note:")
