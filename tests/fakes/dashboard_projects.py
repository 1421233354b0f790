"""A stack for the dashboard's tests: projects in memory behind the API's methods, and a source for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from agenticai.client.errors import ApiError
from agenticai.client.model_cost import Model
from agenticai.client.queues.model import AgentQueues, DeadLetter, DeadLetterPage
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.own_calls import OwnCalls
from agenticai.dashboard.services.port import Missing, ObjectEntry
from agenticai.emulator.core.bench_records import ClockReading
from agenticai.emulator.core.model_records import MissedReply, ModelExchange, StoredReply
from agenticai.emulator.core.usage_records import Usage
from shared.models.events import EventType, TimelineEvent
from shared.models.plan import FileAction, Plan, PlannedFile, PlannedTask, TaskType
from shared.models.project import Failure, Revision, TokenUsage
from shared.models.quality import QualityReport
from shared.models.template import TemplateSummary
from shared.models.views import DeploymentView, FileView, ProjectPage, ProjectSummaryView, ProjectView, TestView
from shared.models.workflow import ProjectStatus

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
HOSTILE = "<script>alert(1)</script> **bold** [x](http://evil) $a$ :red[r] \x1b[31m \u202egnp"
"""A name with markup in several languages, control characters, and a bidirectional override."""

NOT_TOLD = "This target does not tell."


def at(seconds: float) -> datetime:
    """Return the time that many seconds after the start."""
    return START + timedelta(seconds=seconds)


def project(
    project_id: str = ID,
    name: str = "Greeting",
    status: ProjectStatus = ProjectStatus.COMPLETED,
    failure: Failure | None = None,
    revision: str = "1.0",
    tokens: TokenUsage = TokenUsage(calls=2, prompt_tokens=1_000_000, output_tokens=0),  # noqa: B008
) -> ProjectView:
    """Return a project that began at the start."""
    build, _, number = revision.partition(".")
    return ProjectView(
        id=project_id,
        name=name,
        requirements="Greet people.",
        template=None,
        status=status,
        revision=Revision(build=int(build), round=int(number)),
        created_at=START,
        updated_at=at(9),
        score=90 if status is ProjectStatus.COMPLETED else None,
        failure=failure,
        tokens=tokens,
    )


class Events:
    """A timeline that is built event by event."""

    def __init__(self) -> None:
        self.made: list[TimelineEvent] = []

    def add(
        self,
        kind: EventType,
        seconds: float,
        work: str,
        agent: str = "dev",
        attempt: int = 1,
        status: ProjectStatus = ProjectStatus.DEVELOPING,
        detail: str = "",
        tokens: TokenUsage = TokenUsage(),  # noqa: B008
    ) -> "Events":
        number = f"{len(self.made):026d}"
        self.made.append(
            TimelineEvent(
                id=number, type=kind, at=at(seconds), agent=agent, work=work, attempt=attempt, status=status,
                detail=detail, tokens=tokens,
            )
        )  # fmt: skip
        return self

    def worked(self, work: str, start: float, end: float, agent: str = "dev", attempt: int = 1) -> "Events":
        self.add(EventType.WORK_STARTED, start, work, agent, attempt)
        return self.add(EventType.WORK_DONE, end, work, agent, attempt)


def task(task_id: str, *depends_on: str, title: str | None = None) -> PlannedTask:
    """Return a task that writes one file."""
    file = PlannedFile(path=f"{task_id}.py", action=FileAction.CREATE, purpose="what it is for")
    return PlannedTask(
        id=task_id,
        title=title or task_id.title(),
        type=TaskType.CODE,
        language="python",
        depends_on=depends_on,
        files=(file,),
        acceptance_criteria=(),
    )


def plan(*tasks: PlannedTask) -> Plan:
    """Return a plan with these tasks."""
    return Plan(summary="Greets.", assumptions=("None.",), shared_contract="greet(name)", tasks=tasks)


@dataclass
class FakeProjectsApi:
    """The API's methods over these fields; `asked` are the requests that change something."""

    projects: list[ProjectView] = field(default_factory=list)
    timeline: list[TimelineEvent] = field(default_factory=list)
    plans: Plan | None = None
    contents: dict[str, bytes] = field(default_factory=dict)
    tested: list[TestView] = field(default_factory=list)
    reports: dict[str, QualityReport] = field(default_factory=dict)
    packaged: list[DeploymentView] = field(default_factory=list)
    downloads: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    refusal: str | None = None

    def list_projects(
        self, limit: int = 20, cursor: str | None = None, status: ProjectStatus | None = None
    ) -> ProjectPage:
        fitting = [one for one in self.projects if status in (None, one.status)]
        first = int(cursor or 0)
        items = [ProjectSummaryView.model_validate(one.model_dump(include={*ProjectSummaryView.model_fields}))
                 for one in fitting[first : first + limit]]  # fmt: skip
        return ProjectPage(items=items, next=str(first + limit) if first + limit < len(fitting) else None)

    def get(self, project_id: str) -> ProjectView:
        for one in self.projects:
            if one.id == project_id:
                return one
        raise ApiError("The API refused this (404): There is no such project.", 404)

    def create(self, name: str, requirements: str | None, template: str | None = None) -> ProjectView:
        self._ask("create", name, requirements or "", template or "")
        self.projects.insert(0, project("01ARZ3NDEKTSV4RRFFQ69G5FAW", name, ProjectStatus.CREATED))
        return self.projects[0]

    def list_templates(self) -> list[TemplateSummary]:
        return [TemplateSummary(id="cli-tool", name="Command-line tool", description="A tool.")]

    def modify(self, project_id: str, requirements: str) -> ProjectView:
        self._ask("modify", project_id, requirements)
        return self.get(project_id)

    def deploy(self, project_id: str, *, unproven: bool = False) -> ProjectView:
        self._ask("deploy", project_id, *(["unproven"] if unproven else []))
        return self.get(project_id)

    def retry(self, project_id: str) -> ProjectView:
        self._ask("retry", project_id)
        return self.get(project_id)

    def delete(self, project_id: str) -> None:
        self._ask("delete", project_id)
        self.projects.remove(self.get(project_id))

    def _ask(self, *asked: str) -> None:
        if self.refusal:
            raise ApiError(self.refusal, 409)
        self.asked.append(asked)

    def get_plan(self, project_id: str) -> Plan:
        if self.plans is None:
            raise ApiError("The API refused this (404): There is no plan.", 404)
        return self.plans

    def list_files(self, project_id: str) -> list[FileView]:
        return [
            FileView(path=path, language="python", size=len(content), sha256="0" * 64, revision=Revision(build=1))
            for path, content in self.contents.items()
        ]

    def read_file(self, project_id: str, path: str) -> bytes:
        return self.contents[path]

    def list_tests(self, project_id: str) -> list[TestView]:
        return self.tested

    def read_report(self, test: TestView) -> QualityReport:
        return self.reports[str(test.revision)]

    def list_deployments(self, project_id: str) -> list[DeploymentView]:
        return self.packaged

    def download(self, url: str) -> bytes:
        return self.downloads[url]

    def list_events(self, project_id: str) -> list[TimelineEvent]:
        return self.timeline


@dataclass
class FakeSource:
    """A source that returns these fields."""

    bucket: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    used: Usage | Missing = field(default_factory=lambda: Missing(NOT_TOLD))
    exchanges: list[ModelExchange] | Missing = field(default_factory=lambda: Missing(NOT_TOLD))
    missed: list[MissedReply] | Missing = field(default_factory=lambda: Missing(NOT_TOLD))
    answers: Any = "live"
    stored: list[tuple[str, str]] = field(default_factory=list)
    name: str = "fake"
    refresh_s: float = 0.0

    looking: str = ""
    waiting: list[AgentQueues] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)

    def queues(self) -> list[AgentQueues]:
        return self.waiting

    def letters(self, agent: str, after: str | None, limit: int) -> DeadLetterPage:
        return DeadLetterPage(tuple(self.dead), len(self.dead), None, at(60), received=False)

    def clock(self) -> ClockReading:
        return ClockReading(now=at(60), ahead_s=0)

    def usage(self, project_id: str | None = None) -> Usage | Missing:
        return self.used

    def usage_by_project(self) -> Mapping[str, Usage] | Missing:
        return self.used if isinstance(self.used, Missing) else {ID: self.used}

    def objects(self, prefix: str) -> list[ObjectEntry]:
        return [
            ObjectEntry(key, len(content), modified)
            for key, (content, modified) in sorted(self.bucket.items())
            if key.startswith(prefix)
        ]

    def content(self, key: str) -> bytes:
        return self.bucket[key][0]

    def model(self) -> Model:
        return Model("gemini-3.5-flash-lite", self.answers)

    def model_calls(self) -> Sequence[ModelExchange] | Missing:
        return self.exchanges

    def missed_replies(self) -> Sequence[MissedReply] | Missing:
        return self.missed

    def store_reply(self, digest: str, text: str) -> StoredReply | Missing:
        self.stored.append((digest, text))
        if not isinstance(self.missed, Missing):
            self.missed = [each for each in self.missed if each.digest != digest]
        return StoredReply(path=f"written/{digest}.yaml")


@dataclass
class FakeConnection:
    """A connection that never fails."""

    api: FakeProjectsApi = field(default_factory=FakeProjectsApi)
    source: FakeSource = field(default_factory=FakeSource)
    lost: int = 0
    own_calls: OwnCalls = field(default_factory=OwnCalls)

    def get(self) -> Connected:
        stack, source, api = cast("tuple[Any, Any, Any]", (None, self.source, self.api))
        return Connected(stack, source, api)

    def lose(self) -> None:
        self.lost += 1


def exchange(number: int, seconds: float, **told: Any) -> ModelExchange:
    """Return a call to the model, as an engine reports it."""
    known: dict[str, Any] = {
        "number": number, "at": at(seconds), "duration_ms": 250, "model": "m", "title": "Plan", "digest": "0" * 32,
        "system": "You plan.", "prompt": "Greet  people.", "status": 200, "reply": "{}", "finish_reason": "STOP",
        "prompt_tokens": 10, "output_tokens": 2,
    }  # fmt: skip
    return ModelExchange(**known | told)


def missed_reply(prompt: str, digest: str = "a" * 32, title: str = "Plan the software") -> MissedReply:
    """Return a request without a stored reply."""
    return MissedReply(
        digest=digest, at=START, model="m", title=title, system="You plan.", prompt=prompt, response_schema=None,
        difference="+ this",
    )  # fmt: skip
