"""Dead letters: messages that could not be processed, the reasons, and how to redrive them."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.client.queues.model import AgentQueues, DeadLetter, DeadLetterPage, count_causes
from agenticai.dashboard.components.fold import fold
from agenticai.dashboard.components.outcome import act, carry_out, show_outcome
from agenticai.dashboard.components.selection import show_selection_table
from agenticai.dashboard.components.session import REFRESH_SECONDS, draw_with_stack, part
from agenticai.dashboard.components.texts import code, escape_markdown, format_age, format_count, format_time, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.letters import filter_letters, make_scenario
from agenticai.dashboard.services.payloads import format_body
from agenticai.display.printable import printable

PAGE: Final = 500
OPENED: Final = 20
"""The maximum number of letters that are shown in full at once."""

SHOWN_BODY: Final = 20_000


def page() -> None:
    """Draw the page."""
    st.title("Dead letters")
    draw_with_stack(_draw)


def _draw(connected: Connected) -> None:
    states = {state.agent: state for state in connected.source.queues()}
    requested = st.query_params.get("queue", "")
    agent_by_queue = {state.dead_letters.name: agent for agent, state in states.items()}
    counts = {agent: state.dead_letters.depth.total for agent, state in states.items()}
    default_agent = next((agent for agent, count in counts.items() if count), next(iter(states)))
    agent = st.segmented_control(
        "Agent",
        list(states),
        default=agent_by_queue.get(requested, requested if requested in states else default_agent),
        format_func=lambda name: f"{name.upper()} ({counts[name]:,})",
        key="agent",
        required=True,
    )
    st.query_params["queue"] = agent
    show_outcome()
    drawn: list[object] = []
    part(lambda connected: _draw_letters(connected, agent, drawn), every_s=REFRESH_SECONDS)
    fold("Redrive all, or purge", lambda: _draw_queue_actions(connected, states[agent]), key=f"all-fold-{agent}")


def _draw_letters(connected: Connected, agent: str, drawn: list[object]) -> None:
    """Draw a page of letters; if their number has changed since the page was drawn, redraw all of it."""
    after = st.session_state.get(f"after-{agent}")
    letters = connected.source.letters(agent, after, PAGE)
    numbers = _count_letters(connected, letters)
    if drawn and drawn[0] != numbers:
        st.rerun()
    drawn[:] = [numbers]
    if connected.source.looking:
        _draw_look_again(connected, agent, letters)
    if not letters.letters:
        st.success("No dead letters." if not after else "No more dead letters.")
    else:
        _draw_list(connected, agent, letters)
    _draw_paging(agent, letters)


def _count_letters(connected: Connected, letters: DeadLetterPage) -> object:
    """Return the numbers of letters: of all queues if asking costs nothing, else of the one that is shown."""
    if connected.source.looking:
        return letters.total
    return [state.dead_letters.depth.total for state in connected.source.queues()]


def _draw_look_again(connected: Connected, agent: str, letters: DeadLetterPage) -> None:
    st.caption(
        escape_markdown(
            f"{connected.source.looking} Dead letters are therefore received once, and again when their number changes,"
            f" after an action, or when you ask. {len(letters.letters):,} have been read."
        )
    )
    if st.button("Look again", key=f"look-{agent}", icon=":material/refresh:"):
        queues = {state.agent: state for state in connected.source.queues()}
        connected.source.look_again(queues[agent].dead_letters.name)
        st.rerun(scope="fragment")


def _draw_paging(agent: str, letters: DeadLetterPage) -> None:
    first_column, next_column = st.columns(2)
    key = f"after-{agent}"
    if st.session_state.get(key) and first_column.button("First page", key=f"first-{agent}"):
        st.session_state[key] = None
        st.rerun(scope="fragment")
    if letters.next and next_column.button(f"Next {PAGE}", key=f"next-{agent}"):
        st.session_state[key] = letters.next
        st.rerun(scope="fragment")


def _draw_list(connected: Connected, agent: str, letters: DeadLetterPage) -> None:
    groups = count_causes(letters.letters)
    search_column, cause_column = st.columns([2, 1])
    text = search_column.text_input("Search", key=f"search-{agent}", placeholder="project, error, request id, body")
    cause = cause_column.selectbox(
        "Cause",
        [None, *(name for name, _ in groups)],
        format_func=lambda name: "all causes" if name is None else f"{dict(groups)[name]:,} of {printable(name)}",
        key=f"cause-{agent}",
    )
    shown = filter_letters(letters.letters, text, cause)
    st.caption(_describe_extent(letters, len(shown)))
    selected = show_selection_table(
        f"letters-{agent}",
        [letter.message.id for letter in shown],
        {
            "cause": [printable(letter.cause) for letter in shown],
            "attempts": [len(letter.attempts) for letter in shown],
            "asked for": [printable(letter.asked.work or letter.asked.problem or "") for letter in shown],
            "project": [printable(letter.asked.project_id or "") for letter in shown],
            "first sent (UTC)": [format_time(letter.message.sent_at).removesuffix(" UTC") for letter in shown],
            "age": [format_age((letters.now - letter.message.sent_at).total_seconds()) for letter in shown],
            "message": [letter.message.id for letter in shown],
        },
    )
    chosen = [letter for letter in shown if letter.message.id in selected]
    _draw_actions(connected, agent, chosen)
    for letter in chosen[:OPENED]:
        _draw_letter(connected, agent, letter)
    if len(chosen) > OPENED:
        st.caption(f"Showing the first {OPENED} of {len(chosen):,} selected letters.")


def _describe_extent(letters: DeadLetterPage, shown: int) -> str:
    """Return a sentence that says how much of the queue is shown, and what is not."""
    read_count, sentence = len(letters.letters), f"{shown:,} shown, {letters.total:,} in the queue."
    if read_count < letters.total:
        sentence += f" Causes and search cover the {read_count:,} letters on this page."
    unexplained = sum(not letter.attempts for letter in letters.letters)
    if unexplained:
        sentence += (
            f" The cause of {unexplained:,} is unknown: the function's log does not have it, or no longer has it."
        )
    return sentence


def _draw_actions(connected: Connected, agent: str, selected: Sequence[DeadLetter]) -> None:
    redrive_column, delete_column = st.columns(2)
    ids = [letter.message.id for letter in selected]
    if redrive_column.button(f"Redrive {len(ids)} selected", disabled=not ids, key=f"redrive-{agent}", type="primary"):
        act(lambda: "\n".join(f"{o.id}: {o.outcome}. {o.reason}" for o in connected.source.redrive(agent, ids)))
    if delete_column.button(f"Delete {len(ids)} selected", disabled=not ids, key=f"delete-{agent}"):
        act(lambda: _delete(connected, agent, ids))


def _delete(connected: Connected, agent: str, ids: Sequence[str]) -> str:
    name = next(state.dead_letters.name for state in connected.source.queues() if state.agent == agent)
    deleted = set(connected.source.delete(name, ids))
    return "\n".join(
        f"{message_id}: {'deleted' if message_id in deleted else 'not there, or in flight'}." for message_id in ids
    )


def _draw_letter(connected: Connected, agent: str, letter: DeadLetter) -> None:
    message = letter.message
    with st.container(border=True):
        st.subheader(escape_markdown(letter.cause))
        say(
            f"message {message.id}\nfirst sent {format_time(message.sent_at)},"
            f" received {format_count(message.received, 'time')}\n{_describe_asked(letter)}"
        )
        _draw_project(connected, letter)
        for number, attempt in enumerate(letter.attempts):
            with st.expander(escape_markdown(f"Attempt {number + 1}, {format_time(attempt.at)}: {attempt.error_type}")):
                say(f"{attempt.message}\nrequest {attempt.request_id}")
                if st.toggle("Log lines", key=f"log-{message.id}-{number}"):
                    code("\n".join(connected.source.log_lines(agent, attempt))[-SHOWN_BODY:] or "nothing was logged")
        code(format_body(message.body), "json")
        _draw_copy(connected, agent, letter)


def _describe_asked(letter: DeadLetter) -> str:
    if letter.asked.work:
        return f"asks for {letter.asked.work}"
    return f"cannot be read: {letter.asked.problem or 'nothing says what it asks for'}"


def _draw_project(connected: Connected, letter: DeadLetter) -> None:
    if letter.asked.project_id is None:
        return
    try:
        project = connected.api.get(letter.asked.project_id)
    except ApiError as error:
        reason = "there is no such project" if error.status == 404 else str(error)
        say(f"project {letter.asked.project_id}: {reason}")
        return
    say(f"project {project.id} “{project.name}” is {project.status} now")


def _draw_copy(connected: Connected, agent: str, letter: DeadLetter) -> None:
    message = letter.message
    edit, scenario = st.columns(2)
    if edit.toggle("Send an edited copy", key=f"edit-{message.id}"):
        body = st.text_area("Body of the copy", format_body(message.body), key=f"body-{message.id}", height=240)
        st.caption("The original stays in this queue; the copy carries its id.")
        if st.button("Send the copy", key=f"send-{message.id}"):
            act(lambda: f"The copy of {message.id} was sent as {connected.source.send_copy(agent, message, body)}.")
    try:
        project = connected.api.get(letter.asked.project_id) if letter.asked.project_id else None
    except ApiError:
        project = None
    text = make_scenario(letter, agent, project)
    scenario.download_button(
        "Download a scenario",
        text or "",
        disabled=text is None,
        file_name=f"dead-letter-{message.id[:8]}.yaml",
        key=f"scenario-{message.id}",
    )


def _draw_queue_actions(connected: Connected, state: AgentQueues) -> None:
    name = state.dead_letters.name
    rate = st.number_input("Maximum per second", 1, 500, 100, key=f"rate-{state.agent}")
    if st.button("Redrive all", key=f"all-{state.agent}"):
        act(lambda: _redrive_all(connected, state.agent, int(rate)))
    typed_name = st.text_input(
        "To delete all, type the queue's name", key=f"purge-name-{state.agent}", placeholder=name
    )
    if st.button("Purge", disabled=typed_name != name, key=f"purge-{state.agent}"):
        carry_out(lambda: connected.source.purge(name), f"{name} was purged.")


def _redrive_all(connected: Connected, agent: str, rate: int) -> str:
    with st.status("redriving") as status:
        for move in connected.source.redrive_all(agent, rate):
            status.update(label=f"{move.status.lower()}: {move.moved} of {move.to_move} moved")
    return f"{move.moved} messages were moved back: {move.status.lower()}. {move.reason}"
