"""The calls of the language model that a project made."""

import streamlit as st

from agenticai.dashboard.components.columns import make_count_columns
from agenticai.dashboard.components.statuses import format_dollars
from agenticai.dashboard.components.texts import code, escape_markdown, format_time, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.model_calls import ModelCall, list_calls
from agenticai.dashboard.services.payloads import cut
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.timeline import describe_work
from agenticai.display.printable import printable
from shared.models.views import ProjectView


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the calls, the selected one in full."""
    exchanges = connected.source.model_calls()
    calls = list_calls(
        project, connected.api.list_events(project.id), connected.source, exchanges, connected.source.model()
    )
    if isinstance(exchanges, Missing):
        st.caption("Requests, durations and failed calls are not available on this target.")
        say(exchanges.why)
    if not calls:
        st.caption("The language model has not been called yet.")
        return
    chosen = st.dataframe(
        {
            "at": [format_time(call.at) for call in calls],
            "call": [printable(_describe_call(call)) for call in calls],
            "attempt": [call.attempt for call in calls],
            "seconds": [call.seconds for call in calls],
            "tokens in": [call.prompt_tokens for call in calls],
            "tokens out": [call.output_tokens for call in calls],
            "cost": [format_dollars(call.cost_usd) for call in calls],
            "end": [printable(str(call.error or call.finish_reason)) for call in calls],
        },
        column_config=make_count_columns(("tokens in", "tokens out")),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="model-calls",
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(calls):
        _draw_call(calls[rows[0]])
    else:
        st.caption("Select a call to read its request and reply.")


def _describe_call(call: ModelCall) -> str:
    """Return a one-line label that distinguishes a call from others."""
    return f"{call.agent} {describe_work(call.work)}{', second turn' if call.turn == 2 else ''}"


def _draw_call(call: ModelCall) -> None:
    """Draw a call in full."""
    seconds = "not known" if call.seconds is None else f"{call.seconds:.3f} s"
    facts = [
        f"at {format_time(call.at)}",
        f"took {seconds}",
        f"{call.prompt_tokens:,} tokens in, {call.output_tokens:,} out",
        f"cost {format_dollars(call.cost_usd)}",
        f"attempt {call.attempt or 'not known'}",
        f"HTTP status {call.error}" if call.error else f"finished with {call.finish_reason or 'no reason'}",
    ]
    if call.retry:
        facts.append(f"after {call.retry} retries of the project")
    st.caption(escape_markdown("; ".join(facts)))
    request_tab, reply_tab = st.tabs(["Request", "Reply"], default="Reply")
    with request_tab:
        if call.prompt is None:
            say(
                "Not available: agents store only replies, and this target has no record of this request, or no longer"
                " has it."
            )
        else:
            code(cut(call.prompt))
            with st.expander("System instruction"):
                code(call.system or "")
    with reply_tab:
        code(cut(call.reply) or "No reply was received.")
