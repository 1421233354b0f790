"""A plan as a graph in Graphviz's language: tasks coloured by state, with their dependencies."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from agenticai.display.printable import printable
from shared.models import layout
from shared.models.events import EventType, TimelineEvent
from shared.models.workflow import FINAL

if TYPE_CHECKING:
    from shared.models.plan import Plan

LONGEST_LABEL: Final = 40


class TaskState(StrEnum):
    """The state of a task."""

    WAITING = "waiting for other tasks"
    READY = "waiting for an agent"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


FILLS: Final[Mapping[TaskState, str]] = {
    TaskState.WAITING: "#e5e7eb",
    TaskState.READY: "#fef3c7",
    TaskState.RUNNING: "#bfdbfe",
    TaskState.DONE: "#bbf7d0",
    TaskState.FAILED: "#fecaca",
}
"""Light colours with dark text, readable in the light theme and in the dark one."""


def find_task_states(plan: "Plan", events: Sequence[TimelineEvent], build: int) -> dict[str, TaskState]:
    """Return the state of each task of a build's plan, by its id."""
    latest = {event.work: event for event in events}
    keys = {task.id: layout.task(f"{build}.0", task.id) for task in plan.tasks}
    done = frozenset(task_id for task_id, key in keys.items() if _is_done(latest.get(key)))
    ready = set(plan.list_ready(done))
    return {task_id: _find_state(latest.get(key), ready=task_id in ready) for task_id, key in keys.items()}


def _is_done(latest: TimelineEvent | None) -> bool:
    return latest is not None and latest.type is EventType.WORK_DONE


def _find_state(latest: TimelineEvent | None, *, ready: bool) -> TaskState:
    match latest.type if latest else None:
        case EventType.WORK_DONE:
            return TaskState.DONE
        case EventType.WORK_STARTED:
            return TaskState.RUNNING
        case EventType.WORK_FAILED if latest and latest.status in FINAL:
            return TaskState.FAILED
        case _:
            return TaskState.READY if ready else TaskState.WAITING


def make_graph(plan: "Plan", states: Mapping[str, TaskState]) -> str:
    """Return the plan in the DOT language, with all external text escaped."""
    lines = [
        "digraph {",
        'graph [bgcolor="transparent" rankdir="TB"];',
        'node [shape="box" style="rounded,filled" color="#6b7280" fontcolor="#111827" fontname="sans-serif"'
        ' fontsize="12"];',
        'edge [color="#6b7280"];',
    ]
    for task in plan.tasks:
        state = states[task.id]
        label = f"{_escape_text(task.title)}\\n{_escape_text(task.id)}: {state.value}"
        lines.append(f'"{_escape_text(task.id)}" [label="{label}" fillcolor="{FILLS[state]}" tooltip="{state.value}"];')
    ids = {task.id for task in plan.tasks}
    for task in plan.tasks:
        lines += [
            f'"{_escape_text(dependency)}" -> "{_escape_text(task.id)}";'
            for dependency in task.depends_on
            if dependency in ids
        ]
    return "\n".join([*lines, "}"])


def _escape_text(text: str) -> str:
    """Shorten and escape a text for a quoted DOT string, see https://graphviz.org/doc/info/lang.html."""
    clean = printable(text)
    cut = clean if len(clean) <= LONGEST_LABEL else f"{clean[: LONGEST_LABEL - 1]}…"
    return cut.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("<", "&lt;").replace(">", "&gt;")
