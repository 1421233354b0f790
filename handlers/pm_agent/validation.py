"""Finds the reasons why a plan cannot be carried out, as sentences that the model can act on."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from shared.models.plan import FileAction, Plan, PlannedTask
from shared.paths import UnsafePath, check_paths

MAX_TASKS: Final = 20
MAX_FILES_PER_TASK: Final = 8
MAX_CRITERIA_PER_TASK: Final = 20
MAX_ASSUMPTIONS: Final = 50


def find_faults(plan: Plan, existing: frozenset[str] = frozenset()) -> list[str]:
    """Return all faults of the plan, given the paths that exist already; empty if it can be carried out."""
    return [*_find_size_faults(plan), *_find_dependency_faults(plan), *_find_file_faults(plan, existing)]


def _find_size_faults(plan: Plan) -> Iterator[str]:
    if not 1 <= len(plan.tasks) <= MAX_TASKS:
        yield f"there are {len(plan.tasks)} tasks; 1 to {MAX_TASKS} are possible"
    for task in plan.tasks:
        if not 1 <= len(task.files) <= MAX_FILES_PER_TASK:
            yield f"task {task.id} has {len(task.files)} files; 1 to {MAX_FILES_PER_TASK} are possible"
        if len(task.acceptance_criteria) > MAX_CRITERIA_PER_TASK:
            criteria = len(task.acceptance_criteria)
            yield f"task {task.id} has {criteria} acceptance criteria; at most {MAX_CRITERIA_PER_TASK} are possible"
    if len(plan.assumptions) > MAX_ASSUMPTIONS:
        yield f"there are {len(plan.assumptions)} assumptions; at most {MAX_ASSUMPTIONS} are possible"


def _find_dependency_faults(plan: Plan) -> Iterator[str]:
    counts = Counter(task.id for task in plan.tasks)
    for task_id, count in counts.items():
        if count > 1:
            yield f"the task id {task_id} is used {count} times"
    for task in plan.tasks:
        for dependency in task.depends_on:
            if dependency not in counts:
                yield f"task {task.id} depends on {dependency}, which is not a task"
    cycle = _find_cycle(plan)
    if cycle:
        yield f"these tasks depend on each other in a circle: {', '.join(cycle)}"


def _find_cycle(plan: Plan) -> list[str]:
    """Return the tasks that can never become ready, because of circular dependencies."""
    task_ids = {task.id for task in plan.tasks}
    pending: dict[str, PlannedTask] = {task.id: task for task in plan.tasks}
    while ready := [
        task_id for task_id, task in pending.items() if not any(d in pending for d in task.depends_on if d in task_ids)
    ]:
        for task_id in ready:
            del pending[task_id]
    return sorted(pending)


def _find_file_faults(plan: Plan, existing: frozenset[str]) -> Iterator[str]:
    planned = [file for task in plan.tasks for file in task.files]
    created = [file.path for file in planned if file.action is FileAction.CREATE]
    try:
        check_paths([file.path for file in planned])
        check_paths([*existing.difference(created), *created])
    except UnsafePath as fault:
        yield str(fault)
    for file in planned:
        if file.action is not FileAction.CREATE and file.path not in existing:
            yield f"{file.path} has the action {file.action.value}, but there is no such file"
