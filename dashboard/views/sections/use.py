"""What a project used and cost: tokens, AWS calls and GB-seconds."""

import streamlit as st

from agenticai.dashboard.components.statuses import dollars
from agenticai.dashboard.components.texts import plain, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.project_use import call_rows, cost_rows, function_rows, token_rows
from agenticai.display.printable import printable
from shared.models.views import ProjectView


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw what is known of a project's use."""
    _tokens(connected, project)
    usage = connected.source.usage(project.id)
    st.subheader("AWS")
    if isinstance(usage, Missing):
        st.caption("Not available on this target.")
        say(usage.why)
        return
    calls, functions, costs = call_rows(usage), function_rows(usage), cost_rows(usage)
    metrics = {
        "Cost before the free tier": dollars(sum(row.usd for row in costs)),
        "AWS calls": f"{usage.total_calls:,}",
        "Lambda GB-seconds": f"{usage.gb_seconds:.3f}",
        "Invocations": f"{sum(row.invocations for row in functions):,}",
    }
    for column, (name, value) in zip(st.columns(len(metrics)), metrics.items(), strict=True):
        column.metric(name, value)
    st.caption("All calls that name the project are counted, those by which this page reads it through the API too.")
    st.dataframe(
        {
            "service": [row.service for row in costs],
            "billed": [row.title for row in costs],
            "quantity": [row.quantity for row in costs],
            "unit": [row.unit for row in costs],
            "cost": [f"${row.usd:.8f}" for row in costs],
        },
        hide_index=True,
        key="costs",
    )
    st.dataframe(
        {
            "function": [printable(row.function) for row in functions],
            "invocations": [row.invocations for row in functions],
            "errors": [row.errors for row in functions],
            "cold starts": [row.cold_starts for row in functions],
            "billed ms": [row.billed_ms for row in functions],
            "GB-seconds": [round(row.gb_seconds, 4) for row in functions],
        },
        hide_index=True,
        key="functions",
    )
    st.dataframe(
        {
            "service": [row.service for row in calls],
            "operation": [printable(row.operation) for row in calls],
            "caller": [printable(row.caller) for row in calls],
            "calls": [row.calls for row in calls],
            "errors": [row.errors for row in calls],
        },
        hide_index=True,
        key="calls",
    )


def _tokens(connected: Connected, project: ProjectView) -> None:
    model = connected.source.model()
    rows = token_rows(connected.api.events(project.id), model, project.created_at.date())
    st.subheader("Language model")
    where = {"stored": "stored replies, which cost nothing", "nearest": "stored replies", "live": "asked itself"}
    st.caption(f"{plain(model.name)}: {where.get(model.answers or '', 'this target does not tell who answers')}")
    if not rows:
        st.caption("It has not been asked yet.")
        return
    st.dataframe(
        {
            "agent": [row.agent for row in rows],
            "calls": [row.calls for row in rows],
            "tokens in": [row.prompt_tokens for row in rows],
            "tokens out": [row.output_tokens for row in rows],
            "cost": [dollars(row.cost_usd) for row in rows],
        },
        hide_index=True,
        key="tokens",
    )
