"""The plan: its tasks as a graph and as a list, and the interfaces that they agree on."""

import streamlit as st

from agenticai.dashboard.components.texts import say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.plan_graph import find_task_states, make_graph
from agenticai.dashboard.views.sections.timeline import read_plan
from agenticai.display.printable import printable
from shared.models.views import ProjectView


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the plan of the current build."""
    plan = read_plan(connected, project)
    if plan is None:
        st.caption("There is no plan yet.")
        return
    states = find_task_states(plan, connected.api.list_events(project.id), project.revision.build)
    done = sum(state.value == "done" for state in states.values())
    st.graphviz_chart(
        make_graph(plan, states), alt=f"Graph of {len(states)} tasks, {done} of them done; the list follows."
    )
    st.dataframe(
        {
            "task": [printable(task.title) for task in plan.tasks],
            "id": [task.id for task in plan.tasks],
            "state": [states[task.id].value for task in plan.tasks],
            "type": [task.type.value for task in plan.tasks],
            "needs": [", ".join(task.depends_on) for task in plan.tasks],
            "files": [printable(", ".join(file.path for file in task.files)) for task in plan.tasks],
        },
        hide_index=True,
        key="tasks",
    )
    st.subheader("Summary")
    say(plan.summary)
    if plan.assumptions:
        st.subheader("Assumptions")
        say("\n".join(plan.assumptions))
    st.subheader("What all tasks share")
    say(plan.shared_contract)
