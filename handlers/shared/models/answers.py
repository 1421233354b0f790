"""The API's answers about itself: health, dependencies, and problems."""

from pydantic import ConfigDict, Field

from shared.models.base import Model


class Health(Model):
    """The API is alive."""

    status: str = "ok"


class Check(Model):
    """Whether the API reaches one of its dependencies."""

    name: str
    ok: bool
    milliseconds: int


class HealthReport(Model):
    """The API reaches all of its dependencies."""

    status: str = "ok"
    checks: list[Check]


class Fault(Model):
    """One fault in a request."""

    detail: str
    pointer: str | None = Field(default=None, description="a JSON pointer into the body (RFC 6901)")
    parameter: str | None = Field(default=None, description="name of the path, query or header parameter")


class ProblemView(Model):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="stable; docs/api.md lists all types", examples=["urn:agenticai:problem:not-found"])
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[Fault] | None = Field(default=None, description="only for `invalid`: the values that were refused")
    project_id: str | None = Field(
        default=None, description="the project that was stored, if its work could not be queued"
    )
    checks: list[Check] | None = Field(default=None, description="only for `unhealthy`: the result of each check")
