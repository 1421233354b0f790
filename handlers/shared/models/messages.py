"""What travels between the agents: ids and keys, never code; every type names its schema and version."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from shared.models.base import Model
from shared.models.plan import TaskId
from shared.models.project import ProjectId, Revision


class Message(Model):
    """The head of every message."""

    schema_: str = Field(alias="schema")
    project_id: ProjectId
    correlation_id: str = Field(min_length=1, max_length=100, description="of the API request that began it")
    revision: Revision

    @property
    def id(self) -> str:
        """The deterministic id: the same work always has the same one, however often it is sent."""
        return f"{self.project_id}/{self.work}"

    @property
    def work(self) -> str:
        """The sort key of the item that this message asks to work on."""
        raise NotImplementedError


class PlanRequested(Message):
    """Plan a new project, or a change of one."""

    schema_: Literal["plan-requested/1"] = Field(default="plan-requested/1", alias="schema")

    @property
    def work(self) -> str:
        return f"PLAN#{self.revision.build}"


class TaskReady(Message):
    """Develop one task: everything it depends on is done."""

    schema_: Literal["task-ready/1"] = Field(default="task-ready/1", alias="schema")
    task_id: TaskId

    @property
    def work(self) -> str:
        return f"TASK#{self.revision}#{self.task_id}"


class TestRequested(Message):
    """Check and score a revision."""

    __test__ = False
    schema_: Literal["test-requested/1"] = Field(default="test-requested/1", alias="schema")

    @property
    def work(self) -> str:
        return f"TEST#{self.revision}"


class DeployRequested(Message):
    """Package a revision."""

    schema_: Literal["deploy-requested/1"] = Field(default="deploy-requested/1", alias="schema")

    @property
    def work(self) -> str:
        return f"DEPLOY#{self.revision}"


PmMessage = PlanRequested
DevMessage = TaskReady
QaMessage = TestRequested
OpsMessage = DeployRequested
AnyMessage = Annotated[PlanRequested | TaskReady | TestRequested | DeployRequested, Field(discriminator="schema_")]

ANY_MESSAGE: Final[TypeAdapter[AnyMessage]] = TypeAdapter(AnyMessage)
