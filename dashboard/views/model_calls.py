"""Model calls: the latest ones of all projects, and the requests without a stored reply."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.client.reply_check import check_reply, find_waiting_projects, make_reply_template
from agenticai.dashboard.components.columns import make_count_columns
from agenticai.dashboard.components.outcome import keep_outcome, show_outcome
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.texts import code, escape_markdown, format_time, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.payloads import cut
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.project_list import SEARCHED_PAGE
from agenticai.display.printable import printable
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.core.model_records import MissedReply, ModelExchange

SHOWN: Final = 200
NEWEST: Final = "exchanges-newest"
"""The session key of the number of the newest call that is shown."""


def page() -> None:
    """Draw the page."""
    st.title("Model calls")
    draw_with_stack(_draw)


def _draw(connected: Connected) -> None:
    show_outcome()
    missed = connected.source.missed_replies()
    st.subheader("Requests without a reply")
    if isinstance(missed, Missing):
        st.caption("Not available on this target.")
        say(missed.why)
    elif not missed:
        st.caption("None: every request so far had a reply.")
    else:
        _draw_missed(connected, {missing_reply.digest: missing_reply for missing_reply in missed})
    st.subheader("Latest calls")
    part(lambda connected: _draw_live(connected, missed))


def _draw_live(connected: Connected, drawn: Sequence[MissedReply] | Missing) -> None:
    """Draw the latest calls; if other requests are waiting than when the page was drawn, redraw all of it."""
    missed = connected.source.missed_replies()
    if _list_digests(missed) != _list_digests(drawn):
        st.rerun()
    _draw_calls(connected)


def _list_digests(missed: Sequence[MissedReply] | Missing) -> list[str]:
    return [] if isinstance(missed, Missing) else [missing_reply.digest for missing_reply in missed]


def _draw_missed(connected: Connected, missed: dict[str, MissedReply]) -> None:
    digest = st.selectbox(
        "Request",
        list(missed),
        format_func=lambda digest: f"{printable(missed[digest].title)} ({digest[:8]})",
        key="miss",
        bind="query-params",
    )
    missing_reply = missed[digest]
    st.caption(escape_markdown(f"Asked of {missing_reply.model}, {format_time(missing_reply.at)}"))
    request, difference = st.tabs(["Request", "Difference to the nearest stored request"])
    with request:
        with st.expander("System instruction"):
            code(missing_reply.system)
        with st.container(height=320):
            code(cut(missing_reply.prompt))
    with difference, st.container(height=320):
        code(cut(missing_reply.difference) or "No request is stored yet to compare it with.", "diff")
    _draw_editor(connected, missing_reply)


def _draw_editor(connected: Connected, missing_reply: MissedReply) -> None:
    text = st.text_area(
        "Reply", value=make_reply_template(missing_reply), height=320, key=f"reply-{missing_reply.digest}"
    )
    checked = check_reply(missing_reply, text)
    if checked.good:
        st.success(f"An agent would accept this: {escape_markdown(checked.holds)}.")
    else:
        st.warning("An agent would refuse this:")
        say("\n".join(f"- {fault}" for fault in checked.faults))
    projects = find_waiting_projects(missing_reply, connected.api.list_projects(SEARCHED_PAGE).items)
    names = {project.id: project.name for project in projects}
    if not names:
        st.caption("None of the newest projects failed for lack of this reply; retry the one that needs it yourself.")
    chosen = st.multiselect(
        "Retry then",
        list(names),
        default=list(names),
        format_func=lambda project_id: printable(names[project_id]),
        key="to-retry",
    )
    label = "Store the reply and retry" if chosen else "Store the reply"
    anyway = st.checkbox("Store it although an agent would refuse it", key="anyway") if not checked.good else False
    if st.button(label, type="primary", disabled=not (checked.good or anyway), key="store-reply"):
        _store(connected, missing_reply, text, chosen)


def _store(connected: Connected, missing_reply: MissedReply, text: str, projects: list[str]) -> None:
    try:
        stored = connected.source.store_reply(missing_reply.digest, text)
        if isinstance(stored, Missing):
            st.error(escape_markdown(stored.why))
            return
        for project_id in projects:
            connected.api.retry(project_id)
    except (ControlError, ApiError) as error:
        st.error(escape_markdown(str(error)))
        return
    retried = f" {len(projects)} retried." if projects else ""
    keep_outcome(f"Stored in {stored.path}.{retried}")
    st.rerun()


def _draw_calls(connected: Connected) -> None:
    exchanges = connected.source.model_calls()
    if isinstance(exchanges, Missing):
        st.caption("Not available on this target. Each project's page shows the replies that its agents stored.")
        say(exchanges.why)
        return
    if not exchanges:
        st.caption("The language model has not been called yet.")
        return
    latest = _list_shown(exchanges)
    chosen = st.dataframe(
        {
            "number": [exchange.number for exchange in latest],
            "at": [format_time(exchange.at) for exchange in latest],
            "asked for": [printable(exchange.title) for exchange in latest],
            "status": [exchange.status for exchange in latest],
            "ms": [exchange.duration_ms for exchange in latest],
            "tokens in": [exchange.prompt_tokens for exchange in latest],
            "tokens out": [exchange.output_tokens for exchange in latest],
        },
        column_config=make_count_columns(("ms", "tokens in", "tokens out")),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="exchanges",
    )
    if rows := chosen["selection"]["rows"]:
        _draw_exchange(latest[rows[0]])


def _list_shown(exchanges: Sequence[ModelExchange]) -> list[ModelExchange]:
    """Return the latest calls, the newest first; while one is selected, no newer ones are added."""
    selected = st.session_state.get("exchanges", {}).get("selection", {}).get("rows")
    newest = st.session_state.get(NEWEST, 0) if selected else exchanges[-1].number
    st.session_state[NEWEST] = newest
    shown = [exchange for exchange in reversed(exchanges) if exchange.number <= newest]
    if newer := len(exchanges) - len(shown):
        st.caption(f"{newer} newer calls will appear when no call is selected.")
    return shown[:SHOWN]


def _draw_exchange(exchange: ModelExchange) -> None:
    st.caption(
        f"{escape_markdown(exchange.model)}, finished with {escape_markdown(exchange.finish_reason or 'no reason')}"
    )
    request_tab, reply_tab = st.tabs(["Request", "Reply"], default="Reply")
    with request_tab:
        code(cut(exchange.prompt))
    with reply_tab:
        code(cut(exchange.reply) or "No reply was received.")
