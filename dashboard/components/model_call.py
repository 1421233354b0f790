"""One call of the language model: the prompt, the reply, how long it took and what it cost."""

import streamlit as st

from agenticai.dashboard.components.statuses import dollars
from agenticai.dashboard.components.texts import code, plain, say, when
from agenticai.dashboard.services.model_calls import ModelCall
from agenticai.dashboard.services.payloads import cut
from agenticai.dashboard.services.timeline import work_in_words


def in_a_line(call: ModelCall) -> str:
    """Return a one-line label that distinguishes a call from others."""
    return f"{call.agent} {work_in_words(call.work)}{', second turn' if call.turn == 2 else ''}"


def draw_call(call: ModelCall) -> None:
    """Draw a call in full."""
    seconds = "not known" if call.seconds is None else f"{call.seconds:.3f} s"
    facts = [
        f"at {when(call.at)}",
        f"took {seconds}",
        f"{call.prompt_tokens:,} tokens in, {call.output_tokens:,} out",
        f"cost {dollars(call.cost_usd)}",
        f"attempt {call.attempt or 'not known'}",
        f"HTTP status {call.error}" if call.error else f"finished with {call.finish_reason or 'no reason'}",
    ]
    if call.retry:
        facts.append(f"after {call.retry} retries of the project")
    st.caption(plain("; ".join(facts)))
    asked, replied = st.tabs(["Request", "Reply"], default="Reply")
    with asked:
        if call.prompt is None:
            say(
                "Not available: agents store only replies, and this target has no record of this request, or no longer"
                " has it."
            )
        else:
            code(cut(call.prompt))
            with st.expander("System instruction"):
                code(call.system or "")
    with replied:
        code(cut(call.reply) or "No reply was received.")
