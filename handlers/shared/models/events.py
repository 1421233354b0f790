"""The project's timeline: which agent did what and when, on which work and attempt, and how long it took."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.models.base import Model
from shared.models.project import TokenUsage
from shared.models.workflow import ProjectStatus


class EventType(StrEnum):
    """What happened."""

    PROJECT_CREATED = "project created"
    CHANGE_REQUESTED = "change requested"
    DEPLOYMENT_REQUESTED = "deployment requested"
    RETRY_REQUESTED = "retry requested"
    WORK_STARTED = "work started"
    WORK_DONE = "work done"
    WORK_FAILED = "work failed"


class TimelineEvent(Model):
    """An `EVENT#{ulid}` item."""

    id: str
    type: EventType
    at: datetime
    agent: str
    work: str = Field(description="sort key of the work item")
    attempt: int = Field(ge=0)
    status: ProjectStatus = Field(description="the project's status after the event")
    duration_ms: int | None = Field(default=None, ge=0)
    detail: str = ""
    tokens: TokenUsage = TokenUsage()
