"""The messages between agents: ids and keys, never code; every type has its schema and version."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from shared.models import layout
from shared.models.base import Model
from shared.models.plan import TaskId
from shared.models.project import ProjectId, Revision

REPAIR: Final = "repair"
"""The id of the only task of a repair round."""


class Message(Model):
    """The head of every message."""

    schema_: str = Field(alias="schema")
    project_id: ProjectId
    correlation_id: str = Field(min_length=1, max_length=100)
    """The id of the API request that began it."""
    revision: Revision
    not_before: datetime | None = None
    """The work does not start before this time; since version 2."""

    @property
    def id(self) -> str:
        """The deterministic id: the same work always has the same id, however often it is sent."""
        return f"{self.project_id}/{self.work}"

    @property
    def work(self) -> str:
        """The sort key of the work item for this message."""
        raise NotImplementedError

    def head(self) -> dict[str, Any]:
        """Return the fields that a message passes on to those that follow from it."""
        return {"project_id": self.project_id, "correlation_id": self.correlation_id, "revision": self.revision}


class PlanRequested(Message):
    """Plan a new project, or a change of one."""

    schema_: Literal["plan-requested/2"] = Field(default="plan-requested/2", alias="schema")

    @property
    def work(self) -> str:
        return layout.plan(self.revision.build)


class TaskReady(Message):
    """Develop one task, whose dependencies are all done."""

    schema_: Literal["task-ready/2"] = Field(default="task-ready/2", alias="schema")
    task_id: TaskId

    @property
    def work(self) -> str:
        return layout.task(self.revision, self.task_id)


class TestRequested(Message):
    """Check and score a revision."""

    __test__ = False
    schema_: Literal["test-requested/2"] = Field(default="test-requested/2", alias="schema")

    @property
    def work(self) -> str:
        return layout.test(self.revision)


class DeployRequested(Message):
    """Package a revision."""

    schema_: Literal["deploy-requested/2"] = Field(default="deploy-requested/2", alias="schema")

    @property
    def work(self) -> str:
        return layout.deployment(self.revision)


AnyMessage = Annotated[PlanRequested | TaskReady | TestRequested | DeployRequested, Field(discriminator="schema_")]

_ANY: Final[TypeAdapter[AnyMessage]] = TypeAdapter(AnyMessage)
_VERSION: Final = 2


def parse(body: str | bytes) -> AnyMessage:
    """Return the message in a queue's record, of this version or the previous one, as retries may meet both.

    Raises ValueError (pydantic's ValidationError is one) if it is not a message.
    """
    document = json.loads(body)
    return _ANY.validate_python(_upgrade(document) if isinstance(document, dict) else document)


def _upgrade(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of version 1, which had no `not_before`, as one of version 2; others are unchanged."""
    name, _, version = str(document.get("schema")).partition("/")
    return {**document, "schema": f"{name}/{_VERSION}"} if version == "1" else dict(document)
