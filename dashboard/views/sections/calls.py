"""The calls of the language model that a project made."""

import streamlit as st

from agenticai.dashboard.components.columns import count_columns
from agenticai.dashboard.components.model_call import draw_call, in_a_line
from agenticai.dashboard.components.statuses import dollars
from agenticai.dashboard.components.texts import say, when
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.model_calls import calls_of
from agenticai.dashboard.services.port import Missing
from agenticai.display.printable import printable
from shared.models.views import ProjectView


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the calls, the selected one in full."""
    exchanges = connected.source.model_calls()
    found = calls_of(project, connected.api.events(project.id), connected.source, exchanges, connected.source.model())
    if isinstance(exchanges, Missing):
        st.caption("Requests, durations and failed calls are not available on this target.")
        say(exchanges.why)
    if not found:
        st.caption("The language model has not been called yet.")
        return
    chosen = st.dataframe(
        {
            "at": [when(call.at) for call in found],
            "call": [printable(in_a_line(call)) for call in found],
            "attempt": [call.attempt for call in found],
            "seconds": [call.seconds for call in found],
            "tokens in": [call.prompt_tokens for call in found],
            "tokens out": [call.output_tokens for call in found],
            "cost": [dollars(call.cost_usd) for call in found],
            "end": [printable(str(call.error or call.finish_reason)) for call in found],
        },
        column_config=count_columns(("tokens in", "tokens out")),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="model-calls",
    )
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(found):
        draw_call(found[rows[0]])
    else:
        st.caption("Select a call to read its request and reply.")
