"""The bench's controls: its clock, its deliveries, its faults, and the functions' latest invocations."""

from typing import TYPE_CHECKING, Final

import streamlit as st

from agenticai.dashboard.components.columns import make_count_columns
from agenticai.dashboard.components.outcome import act, carry_out, show_outcome
from agenticai.dashboard.components.session import draw_with_stack, part
from agenticai.dashboard.components.texts import escape_markdown, format_age, format_count, format_time
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Bench, Missing
from agenticai.dashboard.views import bench_faults
from agenticai.display.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenticai.emulator.core.bench_records import Dispatch
    from agenticai.emulator.core.usage_records import FinishedInvocation

UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
SHOWN: Final = 100


def page() -> None:
    """Draw the page."""
    st.title("Bench")
    draw_with_stack(_draw)


def _draw(connected: Connected) -> None:
    bench = connected.source.bench
    if isinstance(bench, Missing):
        st.info(escape_markdown(bench.why))
        return
    show_outcome()
    part(_draw_time)
    skip_column, settle_column, dispatch_column = st.columns(3)
    with skip_column:
        _draw_skip(bench)
    with settle_column:
        _draw_settle(bench)
    with dispatch_column:
        _draw_dispatch(connected, bench)
    bench_faults.draw(connected, bench)
    st.subheader("Latest invocations")
    part(_draw_invocations)


def _draw_time(connected: Connected) -> None:
    clock = connected.source.clock()
    if not isinstance(clock, Missing):
        st.metric("Engine's time", escape_markdown(format_time(clock.now)), help="The time that all functions see.")
        st.caption(f"{format_age(clock.ahead_s)} skipped in total, in {len(clock.jumps)} jumps.")


def _draw_skip(bench: Bench) -> None:
    with st.form("skip"):
        number = st.number_input("Skip time", 1, 10_000, 15, key="skip-number")
        unit = st.selectbox("Unit", list(UNITS), index=1, key="skip-unit")
        submitted = st.form_submit_button("Skip")
    if submitted:
        act(lambda: f"It is {format_time(bench.advance(number * UNITS[unit]).now)} now.")


def _draw_settle(bench: Bench) -> None:
    st.write("Process all messages, and skip all waits.")
    if st.button("Settle", key="settle"):
        with st.spinner("settling"):
            act(lambda: _settle_bench(bench))


def _settle_bench(bench: Bench) -> str:
    settled = bench.settle()
    state = "quiet" if settled.quiet else "held by a fault" if settled.held else "not quiet yet"
    # Automatic deliveries in the meantime are not counted.
    delivered = (
        f"{format_count(settled.deliveries, 'delivery', 'deliveries')}, " if bench.dispatching() == "stepped" else ""
    )
    return f"{delivered}{format_age(settled.skipped_s)} skipped; the bench is {state}."


def _draw_dispatch(connected: Connected, bench: Bench) -> None:
    mode = bench.dispatching()
    other_mode: Dispatch = "stepped" if mode == "free" else "free"
    st.write(_MODES[mode])
    if st.button(_CHOICES[other_mode], key=f"mode-{other_mode}"):
        carry_out(lambda: bench.dispatch(other_mode), _MODES[other_mode])
    if st.button("Deliver the next one", key="next", disabled=mode != "stepped"):
        with st.spinner("delivering"):
            act(lambda: _deliver(connected, bench))


def _deliver(connected: Connected, bench: Bench) -> str:
    """Deliver one message, and return what its function did."""
    previous_ids = {invocation.request_id for invocation in _list_ended(connected)}
    settled = bench.settle(deliveries=1)
    if not settled.deliveries:
        return "There is nothing to deliver."
    new_invocations = [invocation for invocation in _list_ended(connected) if invocation.request_id not in previous_ids]
    skipped = f" {format_age(settled.skipped_s)} skipped." if settled.skipped_s else ""
    hold_note = " A fault holds a call back." if settled.held else ""
    return "\n".join(
        [f"{settled.deliveries} delivered.{skipped}{hold_note}", *map(_describe_invocation, new_invocations)]
    )


def _describe_invocation(invocation: "FinishedInvocation") -> str:
    result = f"failed with {invocation.error_type}" if invocation.error_type else "ended well"
    project = f", project {invocation.project_id}" if invocation.project_id else ""
    return f"{invocation.function} {result} after {invocation.duration_ms:,.0f} ms{project}."


def _list_ended(connected: Connected) -> "Sequence[FinishedInvocation]":
    invocations = connected.source.invocations()
    return () if isinstance(invocations, Missing) else invocations


def _draw_invocations(connected: Connected) -> None:
    latest = list(reversed(_list_ended(connected)))[:SHOWN]
    if not latest:
        st.caption("No function has run yet.")
        return
    st.dataframe(
        {
            "function": [invocation.function for invocation in latest],
            "started": [format_time(invocation.started_at) for invocation in latest],
            "ms": [round(invocation.duration_ms) for invocation in latest],
            "cold": [invocation.cold_start for invocation in latest],
            "error": [printable(invocation.error_type or "") for invocation in latest],
            "project": [printable(invocation.project_id or "") for invocation in latest],
            "request": [printable(invocation.request_id) for invocation in latest],
        },
        column_config=make_count_columns(("ms",)),
        hide_index=True,
        key="invocations",
    )


_MODES: Final[dict["Dispatch", str]] = {
    "free": "Messages are delivered automatically.",
    "stepped": "Messages are held back; you deliver them one by one.",
}
_CHOICES: Final[dict["Dispatch", str]] = {"free": "Deliver automatically", "stepped": "Hold messages back"}
