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
    parameter: str | None = Field(default=None, description="a parameter of the path, the query or the header")


class ProblemView(Model):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="stable; docs/api.md lists them", examples=["urn:agenticai:problem:not-found"])
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[Fault] | None = Field(default=None, description="where the fault is, for `invalid`")
    project_id: str | None = Field(default=None, description="the project that is stored but not yet queued")
    checks: list[Check] | None = Field(default=None, description="what was reached and what not, for `unhealthy`")
