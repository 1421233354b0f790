"""Dead letters: what could not be processed, why, and the way back."""

from typing import Final

import streamlit as st

from agenticai.client.queues.model import causes
from agenticai.dashboard.components.session import with_stack
from agenticai.dashboard.components.texts import code, plain, say, when
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.payloads import formatted

PAGE: Final = 200


def page() -> None:
    """Draw the page."""
    st.title("Dead letters")
    with_stack(_draw)


def _draw(connected: Connected) -> None:
    states = connected.source.queues()
    agents = [state.agent for state in states]
    asked = st.query_params.get("queue")
    index = agents.index(asked) if asked in agents else 0
    counts = {state.agent: state.dead_letters.depth.total for state in states}
    agent = st.segmented_control(
        "Agent", agents, default=agents[index], format_func=lambda name: f"{name.upper()} ({counts[name]})", key="agent"
    )
    if not agent:
        return
    st.query_params["queue"] = agent
    letters = connected.source.letters(agent, None, PAGE)
    if letters.received:
        st.caption("This target shows messages only to who receives them: each look counts as a receive.")
    if not letters.letters:
        st.success("No dead letters.")
        return
    for cause, number in causes(letters.letters):
        say(f"{number} of {cause}")
    chosen = st.dataframe(
        {
            "project": [letter.asked.project_id or "" for letter in letters.letters],
            "work": [letter.asked.work or letter.asked.problem or "" for letter in letters.letters],
            "cause": [letter.cause for letter in letters.letters],
            "sent": [when(letter.message.sent_at) for letter in letters.letters],
            "message": [letter.message.id for letter in letters.letters],
        },
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key="letters",
    )
    selected = [letters.letters[row] for row in chosen["selection"]["rows"]]
    if st.button(f"Redrive {len(selected)} selected", disabled=not selected, key="redrive"):
        for redriven in connected.source.redrive(agent, [letter.message.id for letter in selected]):
            say(f"{redriven.id}: {redriven.outcome}{' ' + redriven.reason if redriven.reason else ''}")
    for letter in selected:
        with st.container(border=True):
            st.subheader(plain(letter.cause))
            for attempt in letter.attempts:
                say(f"{when(attempt.at)}  {attempt.error_type}: {attempt.message}  ({attempt.request_id})")
            code(formatted(letter.message.body), "json")
