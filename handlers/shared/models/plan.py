"""The plan: tasks with the files that each writes, and their dependencies."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.models.base import TolerantModel

TaskId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class TaskType(StrEnum):
    """What kind of work a task is."""

    CODE = "code"
    TEST = "test"
    DOCUMENTATION = "documentation"
    CONFIGURATION = "configuration"


class FileAction(StrEnum):
    """What a task does to a file."""

    CREATE = "create"
    MODIFY = "modify"
    DELETE = "delete"


class PlannedFile(TolerantModel):
    """A file that a task will write."""

    path: str = Field(description="relative, forward slashes, no ..")
    action: FileAction
    purpose: Line


class PlannedTask(TolerantModel):
    """One task: one call of the developer."""

    id: TaskId
    title: Line
    type: TaskType
    language: Annotated[str, StringConstraints(min_length=1, max_length=40, to_lower=True)]
    depends_on: tuple[TaskId, ...] = Field(description="ids of tasks whose files this one needs to see")
    files: tuple[PlannedFile, ...]
    acceptance_criteria: tuple[Line, ...]


class Plan(TolerantModel):
    """What the PM agent made of the requirements."""

    summary: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    assumptions: tuple[Line, ...]
    shared_contract: Annotated[str, StringConstraints(max_length=8000)] = Field(
        description="the names, signatures and formats on which all tasks must agree"
    )
    tasks: tuple[PlannedTask, ...]

    def find_task(self, task_id: str) -> PlannedTask:
        """Return the task with an id. Raises KeyError if the plan has none."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)

    def list_ready(self, done: frozenset[str]) -> tuple[str, ...]:
        """Return the ids of the tasks that are not done and whose dependencies are all done, in plan order."""
        return tuple(task.id for task in self.tasks if task.id not in done and done.issuperset(task.depends_on))
