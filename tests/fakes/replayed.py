"""Scenarios and results that were not replayed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agenticai.emulator.core.usage_records import CallCount, FinishedInvocation, FunctionUsage, Usage
from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.invariants import Violation
from agenticai.scenarios.replaying.outcome import ReplayedProject
from agenticai.scenarios.replaying.pace import Observed
from agenticai.scenarios.replaying.replay import Result
from shared.models.events import EventType, TimelineEvent
from shared.models.project import Revision, TokenUsage
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENTS = {f"agenticai-{agent}-agent-dev": agent for agent in ("pm", "dev")} | {"agenticai-dev-queue-dev": "dev"}
PROJECT_ID = "01KK000000000000000000000A"


def scenario(name: str = "greeting", **parts: Any) -> Scenario:
    """Return a scenario with one project."""
    projects = {"hello": {"name": "Hello", "requirements": "A program that greets."}}
    return Scenario.model_validate({"name": name, "description": "It greets.", "projects": projects, **parts})


def event(kind: EventType, agent: str, work: str, seconds: float, **parts: Any) -> TimelineEvent:
    """Return an event that many seconds after noon."""
    given: dict[str, Any] = {"attempt": 1, "status": ProjectStatus.DEVELOPING, **parts}
    return TimelineEvent(
        id=f"{seconds}", type=kind, at=AT + timedelta(seconds=seconds), agent=agent, work=work, **given
    )


def invocation(agent: str, seconds: float, duration_s: float, error_type: str | None = None) -> FinishedInvocation:
    """Return an invocation for the project that many seconds after noon."""
    return FinishedInvocation(
        function=f"agenticai-{agent}-agent-dev",
        version="1",
        request_id="r-1",
        started_at=AT + timedelta(seconds=seconds),
        init_ms=None,
        duration_ms=duration_s * 1000,
        billed_ms=round(duration_s * 1000),
        memory_mb=1024,
        gb_seconds=duration_s,
        cold_start=False,
        error_type=error_type,
        project_id=PROJECT_ID,
    )


EVENTS = (
    event(EventType.WORK_STARTED, "pm", "PLAN#1", 0.1, status=ProjectStatus.PLANNING),
    event(EventType.WORK_DONE, "pm", "PLAN#1", 0.4, duration_ms=300, detail="planned 1 task: <hello>"),
    event(EventType.WORK_STARTED, "dev", "TASK#1.0#hello", 0.6),
    event(EventType.WORK_STARTED, "dev", "TASK#1.0#hello", 5401, attempt=2),
    event(EventType.WORK_FAILED, "dev", "TASK#1.0#hello", 5402, attempt=2, status=ProjectStatus.FAILED),
)
INVOCATIONS = (
    invocation("pm", 0.1, 0.35),
    invocation("dev", 0.5, 0.2, "Runtime.ExitError"),
    invocation("dev", 5401, 1.0),
    invocation("dev", 5402.5, 0.1),
)
FIRED = (
    Fired(rule=0, at=AT + timedelta(seconds=0.65), function="agenticai-dev-agent-dev", what="s3 PutObject: kill"),
    Fired(rule=1, at=AT + timedelta(seconds=5400), function=None, what="agenticai-dev-queue-dev: delay 5"),
)
VIEW = ProjectView(
    id=PROJECT_ID,
    name="Hello",
    requirements="A program that greets.",
    template=None,
    status=ProjectStatus.COMPLETED,
    revision=Revision(build=1),
    created_at=AT,
    updated_at=AT,
    score=97.5,
    failure=None,
    tokens=TokenUsage(),
)
CALLS = (("dynamodb", "GetItem", 4), ("s3", "PutObject", 2))
USAGE = Usage(
    project_id=PROJECT_ID,
    calls=tuple(
        CallCount(
            service=service,
            operation=operation,
            caller="function",
            function="agenticai-dev-agent-dev",
            calls=calls,
            errors={},
            request_bytes=0,
            response_bytes=0,
            units=calls,
        )
        for service, operation, calls in CALLS
    ),
    functions=(
        FunctionUsage(
            function="agenticai-dev-agent-dev",
            invocations=3,
            errors=1,
            cold_starts=0,
            duration_ms=1300,
            billed_ms=1300,
            gb_seconds=1.3,
        ),
    ),
)
PROJECT = ReplayedProject(PROJECT_ID, VIEW, EVENTS, USAGE, frozenset({"hello.py"}), "package")


def result(name: str = "greeting", **parts: Any) -> Result:
    """Return a replay's result, passed unless `parts` say otherwise."""
    given: dict[str, Any] = {
        "projects": {"hello": PROJECT},
        "dead_letters": {"pm": (), "dev": ()},
        "observed": Observed(FIRED, (), INVOCATIONS),
        "agents": AGENTS,
        "wall_s": 1.5,
        "skipped_s": 5400.0,
        **parts,
    }
    return Result(scenario(name), 0, **given)


def failed(name: str = "broken") -> Result:
    """Return a failed replay's result, with texts that are markup elsewhere."""
    violation = Violation("nothing vanishes", PROJECT_ID, "it is [bold]TESTING</b> & no queue has a message")
    return result(
        name, unmet=("hello: a.py is missing.\x00",), violations=(violation,), dead_letters={"pm": (), "dev": ("<x>",)}
    )
