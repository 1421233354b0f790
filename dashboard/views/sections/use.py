"""What a project used and cost: tokens, AWS calls and GB-seconds."""

import streamlit as st

from agenticai.dashboard.components.columns import make_count_columns
from agenticai.dashboard.components.statuses import format_dollars
from agenticai.dashboard.components.texts import escape_markdown, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.project_use import list_call_rows, list_cost_rows, list_function_rows, list_token_rows
from agenticai.display.printable import printable
from agenticai.emulator.core.usage_records import Usage
from shared.models.views import ProjectView


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw a project's use."""
    _draw_tokens(connected, project)
    usage = connected.source.usage(project.id)
    st.subheader("AWS")
    if isinstance(usage, Missing):
        st.caption("Not available on this target.")
        say(usage.why)
        return
    _draw_totals(usage)
    st.caption("All calls that name the project are counted, including those that this page makes through the API.")
    _draw_costs(usage)
    _draw_functions(usage)
    _draw_calls(usage)


def _draw_totals(usage: Usage) -> None:
    metrics = {
        "Cost before the free tier": format_dollars(sum(row.usd for row in list_cost_rows(usage))),
        "AWS calls": f"{usage.total_calls:,}",
        "Lambda GB-seconds": f"{usage.gb_seconds:.3f}",
        "Invocations": f"{sum(row.invocations for row in list_function_rows(usage)):,}",
    }
    for column, (name, value) in zip(st.columns(len(metrics)), metrics.items(), strict=True):
        column.metric(name, value)


def _draw_costs(usage: Usage) -> None:
    rows = list_cost_rows(usage)
    table = {
        "service": [row.service for row in rows],
        "billed": [row.title for row in rows],
        "quantity": [row.quantity for row in rows],
        "unit": [row.unit for row in rows],
        "cost": [f"${row.usd:.8f}" for row in rows],
    }
    st.dataframe(table, hide_index=True, key="costs")


def _draw_functions(usage: Usage) -> None:
    rows = list_function_rows(usage)
    table = {
        "function": [printable(row.function) for row in rows],
        "invocations": [row.invocations for row in rows],
        "errors": [row.errors for row in rows],
        "cold starts": [row.cold_starts for row in rows],
        "billed ms": [row.billed_ms for row in rows],
        "GB-seconds": [round(row.gb_seconds, 4) for row in rows],
    }
    counts = make_count_columns(("invocations", "errors", "cold starts", "billed ms"))
    st.dataframe(table, column_config=counts, hide_index=True, key="functions")


def _draw_calls(usage: Usage) -> None:
    rows = list_call_rows(usage)
    table = {
        "service": [row.service for row in rows],
        "operation": [printable(row.operation) for row in rows],
        "caller": [printable(row.caller) for row in rows],
        "calls": [row.calls for row in rows],
        "errors": [row.errors for row in rows],
    }
    st.dataframe(table, column_config=make_count_columns(("calls", "errors")), hide_index=True, key="calls")


def _draw_tokens(connected: Connected, project: ProjectView) -> None:
    model = connected.source.model()
    rows = list_token_rows(connected.api.list_events(project.id), model, project.created_at.date())
    st.subheader("Language model")
    texts = {
        "stored": "stored replies, which cost nothing",
        "nearest": "stored replies",
        "live": "asked itself",
        "compatible": "asked itself",
    }
    st.caption(
        f"{escape_markdown(model.names)}: {texts.get(model.answers or '', 'this target does not report what answers')}"
    )
    if not rows:
        st.caption("It has not been called yet.")
        return
    st.dataframe(
        {
            "agent": [row.agent for row in rows],
            "calls": [row.calls for row in rows],
            "tokens in": [row.prompt_tokens for row in rows],
            "tokens out": [row.output_tokens for row in rows],
            "cost": [format_dollars(row.cost_usd) for row in rows],
        },
        column_config=make_count_columns(("calls", "tokens in", "tokens out")),
        hide_index=True,
        key="tokens",
    )
