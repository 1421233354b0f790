"""Free tier and cost: what was used, what a month would cost, and which functions and projects caused it."""

from typing import TYPE_CHECKING, Final

import streamlit as st

from agenticai.client.cost.bill import Bill, MeasuredUse, measure_use
from agenticai.client.cost.figures import format_dollars, format_quantity, format_share
from agenticai.client.cost.prices import read_prices
from agenticai.client.cost.use import NO_METER
from agenticai.dashboard.components.chart import channel, draw_chart, layer
from agenticai.dashboard.components.columns import make_share_column
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.texts import escape_markdown, say
from agenticai.dashboard.services import costs
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Missing
from agenticai.display.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenticai.client.cost.free_tier import FreeTierUse

REFRESH_SECONDS: Final = 10.0
DOLLARS: Final = "$%.6f"
COLOURS: Final = {"scheme": "tableau10"}


def page() -> None:
    """Draw the page."""
    st.title("Free tier and cost")
    draw_with_stack(_draw)


def _draw(_: Connected) -> None:
    projects_column, budget_column = st.columns([3, 1], vertical_alignment="bottom")
    with projects_column:
        start = costs.find_nearest_stop(st.query_params.get("projects"))
        projects = st.select_slider("Projects a month", costs.STOPS, value=start, key="projects-a-month")
    with budget_column:
        # A field with an initial number could not be cleared.
        st.session_state.setdefault("budget", costs.parse_limit(st.query_params.get("budget")))
        limit = st.number_input(
            "Budget a month, US dollars",
            min_value=0.0,
            max_value=1_000_000.0,
            value=None,
            placeholder="none",
            key="budget",
        )
    st.query_params["projects"] = str(projects)
    if limit is None:
        st.query_params.pop("budget", None)
    else:
        st.query_params["budget"] = f"{limit:g}"
    part(lambda connected: _draw_bill(connected, projects, limit), every_s=REFRESH_SECONDS)


def _draw_bill(connected: Connected, projects: int, limit: float | None) -> None:
    used = measure_use(connected.source.use())
    shown = used.bill(projects)
    _draw_totals(shown, used.bill(0))
    if limit is not None and (shown.projects or not projects):
        within, sentence = costs.judge_month(shown, limit)
        (st.success if within else st.error)(escape_markdown(sentence))
    if not shown.metered:
        st.info(escape_markdown(f"{NO_METER} The table shows what is known without it."))
    _draw_tier_lines(shown)
    if shown.metered:
        st.caption("  \n".join(map(escape_markdown, costs.list_tier_notes(costs.list_tier_rows(shown)))))
    _draw_account_use(connected.source.free_tier())
    _draw_month(used, shown, limit)
    if shown.metered:
        _draw_breakdown(shown)
    rates = read_prices()
    st.caption(
        f"Prices of {rates.region} as of {rates.as_of}. Past use is priced without the free tier; a month, beyond it."
        " The language model's tokens are not included."
    )


def _draw_totals(shown: Bill, idle: Bill) -> None:
    measured = len(shown.projects)
    month = format_dollars(shown.month_usd) if measured or not shown.forecast_for else "-"
    figures = {
        f"A month of {shown.forecast_for:,} projects": (month, "Beyond the free tier, idle polling included"),
        "An idle month": (
            format_dollars(idle.month_usd),
            f"{shown.idle_receives:,.0f} empty receives of the four queues",
        ),
        "Average project": (
            format_dollars(shown.project_usd) if shown.project_usd is not None else "-",
            f"Average of {measured:,} measured, without the free tier",
        ),
        "Used until now": (
            format_dollars(shown.used_usd) if shown.metered else "-",
            "All calls and invocations, without the free tier",
        ),
    }
    for column, (label, (figure, explanation)) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(label, escape_markdown(figure), help=explanation)
    if not measured and shown.forecast_for and shown.metered:
        st.info("No project has been measured on this stack yet; the forecast starts with the first one.")


def _draw_tier_lines(shown: Bill) -> None:
    st.subheader("Free tier")
    rows = costs.list_tier_rows(shown)
    st.dataframe(
        {
            "service": [row.service for row in rows],
            "line": [row.title for row in rows],
            "used": [row.used for row in rows],
            "free a month": [row.free for row in rows],
            "used of it": [format_share(row.used_share) for row in rows],
            "forecast": [row.month for row in rows],
            "forecast of it": [row.month_share for row in rows],
            "to pay": [row.month_usd for row in rows],
        },
        column_config={"forecast of it": make_share_column("auto-inverse")},
        hide_index=True,
        height="content",
        key="tier",
    )


def _draw_account_use(offers: "Sequence[FreeTierUse] | Missing") -> None:
    st.subheader("The account's free tier this month, as AWS counts it")
    if isinstance(offers, Missing):
        st.caption(escape_markdown(f"Not available on this target. {offers.why}"))
        return
    if not offers:
        st.caption("AWS lists only what was used; so far, nothing was.")
        return
    st.dataframe(
        {
            "service": [printable(offer.service) for offer in offers],
            "what": [printable(offer.description or offer.usage_type) for offer in offers],
            "offer": [printable(offer.kind) for offer in offers],
            "used": [format_quantity(offer.used) for offer in offers],
            "of": [f"{format_quantity(offer.limit)} {printable(offer.unit)}" for offer in offers],
            "used of it": [format_share(offer.used_share) for offer in offers],
            "AWS's forecast of it": [format_share(offer.forecast_share) for offer in offers],
        },
        hide_index=True,
        key="free-tier",
    )
    st.caption("AWS counts the use of the whole account a few times a day. This page asks once an hour.")


def _draw_month(used: MeasuredUse, shown: Bill, limit: float | None) -> None:
    points = costs.compute_month_curve(used, shown.forecast_for) if shown.projects and shown.forecast_for else []
    if not points:
        return
    st.subheader("The month beyond the free tier, by number of projects")
    area = layer(
        points,
        {"type": "area", "opacity": 0.8},
        x=channel("projects:Q", title="projects a month", scale={"nice": False}),
        y=channel("usd:Q", title="US dollars", axis={"format": "$,.2f"}),
        color=channel("service:N", title=None, scale=COLOURS, legend={"orient": "top"}),
        tooltip=[channel("service:N"), channel("projects:Q"), channel("usd:Q", format="$,.6f")],
    )
    layers = [area]
    if limit is not None:
        rule = {"type": "rule", "color": "#9b5de5", "strokeWidth": 2, "strokeDash": [6, 4]}
        budget = channel("usd:Q", title="budget", format="$,.2f")
        layers.append(layer([{"usd": limit}], rule, y=channel("usd:Q"), tooltip=[budget]))
    total = f"{shown.forecast_for:,} projects, which cost {format_dollars(shown.month_usd)}"
    description = f"A month's cost by service, from none to {total}."
    draw_chart(layers, height=300, key="month", alt=description)


def _draw_breakdown(shown: Bill) -> None:
    left, right = st.columns(2)
    with left:
        st.subheader("By service")
        names, used, month = zip(*costs.list_service_costs(shown), strict=True)
        table = {"service": names, "used": used, "month, beyond free": month}
        st.dataframe(table, hide_index=True, height="content", key="services")
    with right:
        st.subheader("By function")
        _draw_spent("function", costs.list_function_costs(shown))
    st.subheader("By project")
    if sentence := costs.describe_dearest(shown):
        say(sentence)
        _draw_spent("project", costs.list_project_costs(shown))
        if len(shown.projects) > costs.SHOWN:
            st.caption(f"The {costs.SHOWN} most expensive of {len(shown.projects):,} measured projects.")
    st.caption(
        escape_markdown(
            f"{format_dollars(shown.unattributed_usd)} belong to no project:"
            " lists, reads of queues, and failed requests."
        )
    )


def _draw_spent(label: str, rows: list[costs.Spent]) -> None:
    st.dataframe(
        {
            label: [printable(row.who) for row in rows],
            "used": [row.usd for row in rows],
            "of all": [row.part for row in rows],
        },
        column_config={
            "used": st.column_config.NumberColumn(format=DOLLARS),
            "of all": make_share_column(),
        },
        hide_index=True,
        key=f"spent-{label}",
    )
