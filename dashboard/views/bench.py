"""The bench's controls: its clock, its deliveries and its faults."""

from typing import TYPE_CHECKING

import streamlit as st
import yaml
from pydantic import TypeAdapter, ValidationError

from agenticai.dashboard.components.outcome import outcome, tell
from agenticai.dashboard.components.session import part, with_stack
from agenticai.dashboard.components.texts import age, plain, when
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.port import Bench, Missing
from agenticai.emulator.faults.rules import Fault

if TYPE_CHECKING:
    from agenticai.emulator.core.bench_records import Dispatch

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
EXAMPLE = """- when: {function: dev, service: gemini, nth: 1}
  then: {do: reply, reply: rate limited, retry_after_s: 30}
"""


def page() -> None:
    """Draw the page."""
    st.title("Bench")
    with_stack(_draw)


def _draw(connected: Connected) -> None:
    bench = connected.source.bench
    if isinstance(bench, Missing):
        st.info(plain(bench.why))
        return
    outcome()
    part(_time)
    skipped, worked, stepped = st.columns(3)
    with skipped:
        _skip(bench)
    with worked:
        _settle(bench)
    with stepped:
        _dispatch(bench)
    _faults(bench)
    part(_invocations)


def _time(connected: Connected) -> None:
    clock = connected.source.clock()
    if not isinstance(clock, Missing):
        st.metric("Engine's time", when(clock.now), help="The time that all functions see.")
        st.caption(f"{age(clock.ahead_s)} skipped in all, in {len(clock.jumps)} jumps.")


def _skip(bench: Bench) -> None:
    with st.form("skip"):
        number = st.number_input("Skip time", 1, 10_000, 15)
        unit = st.selectbox("Unit", list(UNITS), index=1)
        if st.form_submit_button("Skip"):
            tell(f"It is {when(bench.advance(number * UNITS[unit]).now)} now.")
            st.rerun()


def _settle(bench: Bench) -> None:
    st.write("Work until nothing is left, and jump over all waits.")
    if st.button("Settle", key="settle"):
        with st.spinner("settling"):
            settled = bench.settle()
        state = "quiet" if settled.quiet else "held by a fault" if settled.held else "not quiet yet"
        tell(f"{settled.deliveries} deliveries, {age(settled.skipped_s)} skipped; the bench is {state}.")
        st.rerun()


def _dispatch(bench: Bench) -> None:
    modes: tuple[Dispatch, ...] = ("free", "stepped")
    mode = st.radio("Deliveries", modes, key="mode", help="Stepped: only when you ask for the next one.")
    if st.button("Apply", key="apply-mode"):
        bench.dispatch(mode)
        tell(f"Messages are delivered {'at any time' if mode == 'free' else 'one by one'}.")
        st.rerun()
    if st.button("Deliver the next one", key="next", disabled=mode != "stepped"):
        settled = bench.settle(deliveries=1)
        tell(f"{settled.deliveries} delivered." if settled.deliveries else "Nothing is there to deliver.")
        st.rerun()


def _faults(bench: Bench) -> None:
    st.subheader("Faults")
    fired = bench.fired()
    st.caption(f"{len(fired)} were put to effect since the rules were set.")
    rules = st.text_area("Rules, as in a scenario", EXAMPLE, key="rules", height=140)
    on, off = st.columns(2)
    if on.button("Switch on", key="faults-on"):
        try:
            bench.faults(TypeAdapter(tuple[Fault, ...]).validate_python(yaml.safe_load(rules)))
            tell("The rules are on; what fits them is counted from now.")
            st.rerun()
        except (ValidationError, yaml.YAMLError) as error:
            st.warning(plain(str(error)))
    if off.button("Clear", key="faults-off"):
        bench.faults(())
        tell("No faults are on.")
        st.rerun()


def _invocations(connected: Connected) -> None:
    st.subheader("Latest invocations")
    invocations = connected.source.invocations()
    if isinstance(invocations, Missing):
        st.caption(plain(invocations.why))
        return
    latest = list(reversed(invocations))[:100]
    st.dataframe(
        {
            "function": [one.function for one in latest],
            "started": [when(one.started_at) for one in latest],
            "ms": [round(one.duration_ms) for one in latest],
            "cold": [one.cold_start for one in latest],
            "error": [one.error_type or "" for one in latest],
            "project": [one.project_id or "" for one in latest],
            "request": [one.request_id for one in latest],
        },
        hide_index=True,
        key="invocations",
    )
