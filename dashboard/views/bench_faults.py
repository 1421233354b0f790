"""The faults of the bench: the active rules, with what each has matched, and a form for another one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from agenticai.dashboard.components.outcome import carry_out
from agenticai.dashboard.components.session import part
from agenticai.dashboard.components.texts import escape_markdown, format_time, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.fault_form import (
    ANY,
    EFFECTS,
    SERVICES,
    FaultTarget,
    FormField,
    WrongRule,
    describe_rule,
    describe_state,
    make_rule,
    parse_rules,
)
from agenticai.dashboard.services.port import Bench, Missing
from agenticai.display.printable import printable
from agenticai.emulator.faults.rules import rename

if TYPE_CHECKING:
    from agenticai.emulator.faults.rules import ActiveRule, Fault

SHOWN: Final = 50
FAULT_TARGETS: Final[dict[FaultTarget, str]] = {"call": "a call of a function", "delivery": "a delivery of a message"}
EXAMPLE: Final = """- when: {function: dev, service: gemini, nth: 1}
  then: {do: reply, reply: rate limited, retry_after_s: 30}
"""


def draw(connected: Connected, bench: Bench) -> None:
    """Draw the active rules, which refresh, and the ways to add others."""
    st.subheader("Faults")
    part(_draw_active_rules)
    form_tab, yaml_tab = st.tabs(["Add a fault", "As YAML"])
    with form_tab:
        _draw_form(connected, bench)
    with yaml_tab:
        _draw_yaml(connected, bench)


def _draw_active_rules(connected: Connected) -> None:
    bench = connected.source.bench
    if isinstance(bench, Missing):
        return
    rules = bench.rules()
    if not rules:
        st.caption("No faults are active.")
        return
    for rule in rules:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            _draw_rule(connected, bench, rule)
    if st.button("Remove all", key="faults-off"):
        carry_out(lambda: bench.faults(()), "No faults are active.")
    _draw_fired(connected, bench)


def _draw_rule(connected: Connected, bench: Bench, rule: "ActiveRule") -> None:
    sentence = describe_rule(_use_agent_names(connected, rule.fault))
    say(f"{rule.rule + 1}. {sentence}\n{describe_state(rule)}")
    if st.button("Remove", key=f"fault-off-{rule.rule}", help=escape_markdown(f"Remove: {sentence}")):
        carry_out(lambda: bench.remove_fault(rule.rule), f"Removed: {sentence}")


def _draw_fired(connected: Connected, bench: Bench) -> None:
    fired = list(reversed(bench.fired()))
    st.caption(f"{len(fired):,} applied since the rules were set.")
    if fired:
        names = {name: agent for agent, name in connected.functions.items()}
        st.dataframe(
            {
                "fault": [hit.rule + 1 for hit in fired[:SHOWN]],
                "at": [format_time(hit.at) for hit in fired[:SHOWN]],
                "function": [names.get(hit.function or "", printable(hit.function or "")) for hit in fired[:SHOWN]],
                "applied to": [printable(hit.what) for hit in fired[:SHOWN]],
            },
            hide_index=True,
            key="fired",
        )


def _draw_form(connected: Connected, bench: Bench) -> None:
    condition_column, effect_column = st.columns(2)
    with condition_column:
        target = st.selectbox("Applies to", list(FAULT_TARGETS), format_func=FAULT_TARGETS.__getitem__, key="fault-on")
        condition = _draw_call_condition(connected) if target == "call" else _draw_delivery_condition(connected)
        nth, times = st.columns(2)
        condition["nth"] = nth.number_input("From number", 1, 1_000_000, 1, key="fault-nth", help="The next one is 1.")
        condition["times"] = times.number_input("Number of times", 1, 1_000_000, 1, key="fault-times")
    with effect_column:
        effect_name = st.selectbox("Effect", list(EFFECTS[target]), key=f"fault-do-{target}")
        effect = EFFECTS[target][effect_name]
        st.caption(escape_markdown(effect.description))
        parameters = {field.name: _draw_field(f"{target}-{effect_name}", field) for field in effect.fields}
    if st.button("Add the fault", key="fault-add", type="primary"):
        _add_rule(
            connected,
            bench,
            target,
            condition,
            effect_name,
            {name: value for name, value in parameters.items() if value is not None},
        )


def _draw_call_condition(connected: Connected) -> dict[str, Any]:
    usage = connected.source.usage()
    operations_seen = set() if isinstance(usage, Missing) else {(row.service, row.operation) for row in usage.calls}
    function = _choose_name("Function", connected.functions, "fault-function")
    service = _choose_name(
        "Service", sorted({*SERVICES, *(service for service, _ in operations_seen)}), "fault-service"
    )
    operations = sorted(
        {operation for operation_service, operation in operations_seen if service in (ANY, operation_service)}
        | {"GenerateContent"}
    )
    return {
        "function": function,
        "service": service,
        "operation": _choose_name("Operation", operations, "fault-operation"),
    }


def _draw_delivery_condition(connected: Connected) -> dict[str, Any]:
    return {"queue": _choose_name("Queue", connected.queues, "fault-queue")}


def _choose_name(label: str, names: "Sequence[str] | Mapping[str, str]", key: str) -> str:
    """Return a name from a list, or another one, which may be a shell pattern; if none is chosen, it matches any."""
    chosen = st.selectbox(
        label,
        [ANY, *names],
        format_func=lambda name: "any" if name == ANY else printable(name),
        accept_new_options=True,
        key=key,
    )
    return chosen or ANY


def _draw_field(key: str, field: FormField) -> Any:
    key = f"fault-{key}-{field.name}"
    if field.kind == "choice":
        return st.selectbox(field.label, field.choices, key=key)
    if field.kind == "whole number":
        return st.number_input(field.label, value=field.start, step=1, key=key)
    if field.kind == "number":
        return st.number_input(field.label, value=float(field.start or 60), min_value=0.0, step=1.0, key=key)
    return st.text_input(field.label, value=field.start or "ThrottlingException", key=key)


def _add_rule(
    connected: Connected,
    bench: Bench,
    target: FaultTarget,
    condition: Mapping[str, Any],
    effect_name: str,
    parameters: Mapping[str, Any],
) -> None:
    try:
        fault = make_rule(target, condition, effect_name, parameters)
    except WrongRule as error:
        st.warning(escape_markdown(str(error)))
        return
    deployed = rename(fault, connected.functions, connected.queues)
    carry_out(lambda: bench.add_fault(deployed), f"On: {describe_rule(fault)}")


def _draw_yaml(connected: Connected, bench: Bench) -> None:
    rules = st.text_area("Rules, as in a scenario", EXAMPLE, key="rules", height=140)
    if not st.button("Replace all rules", key="faults-on"):
        return
    try:
        faults = [rename(fault, connected.functions, connected.queues) for fault in parse_rules(rules)]
    except WrongRule as error:
        st.warning("These rules are invalid.")
        say(str(error))
        return
    carry_out(lambda: bench.faults(faults), "The rules are active; matches are counted from now on.")


def _use_agent_names(connected: Connected, fault: "Fault") -> "Fault":
    """Return a rule in which the names of functions and queues are replaced by those of their agents."""
    functions = {name: agent for agent, name in connected.functions.items()}
    return rename(fault, functions, {name: agent for agent, name in connected.queues.items()})
