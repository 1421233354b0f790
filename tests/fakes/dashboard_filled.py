"""A project and queues with everything that the dashboard shows; all texts are the same."""

import json
from typing import Any, Final

from agenticai.client.queues.model import Attempt, DeadLetter, RequestedWork
from agenticai.emulator.core.bench_records import MessagePage
from agenticai.emulator.core.model_records import MissedReply, ModelExchange, StoredReply
from agenticai.emulator.core.usage_records import FinishedInvocation, FunctionUsage, Usage
from agenticai.emulator.faults.rules import ActiveRule, Call, CallFault, Error, Fired
from shared.models import layout, views
from shared.models.events import EventType
from shared.models.project import Failure, Revision
from shared.models.quality import Finding, QualityReport, ScorePart
from shared.models.records import TriedFunction, WorkState
from shared.models.severity import Severity
from shared.models.template import TemplateSummary
from shared.models.views import DeploymentView
from shared.models.workflow import ProjectStatus
from tests.agenticai.client.cost.uses import ONE, calls, lambda_use, polls, usage, use_of
from tests.fakes import dashboard
from tests.fakes.dashboard_projects import (
    HOSTILE,
    ID,
    Events,
    FakeConnection,
    FakeProjectsApi,
    FakeSource,
    at,
    exchange,
    missed_reply,
    plan,
    project,
    task,
)

FIRST: Final = Revision(build=1)
LONG: Final = 5_000_000


def filled(text: str = HOSTILE) -> FakeConnection:
    """Return a connection to a project with all its data, in which every text is `text`."""
    events = Events().add(EventType.PROJECT_CREATED, 0, layout.plan(1), "api")
    events.worked(layout.plan(1), 1, 2, "pm").add(EventType.WORK_STARTED, 3, layout.task(FIRST, "one"))
    events.add(EventType.WORK_FAILED, 4, layout.task(FIRST, "one"), detail=text)
    events.worked(layout.task(FIRST, "one"), 5, 6, attempt=2)
    finding = Finding(path=text, line=3, rule=text, severity=Severity.ERROR, message=text, lines=(f"3: {text}",))
    part = ScorePart(name="syntax", weight=40, points=20, measured=True, explanation=text)
    report = QualityReport(
        revision=FIRST, score=50, passed=False, reasons=(text,), parts=(part,), findings=(finding,),
        measured=(), not_measured=(text,),
    )  # fmt: skip
    tested = views.TestView(
        revision=FIRST, state=WorkState.DONE, score=50, passed=False, report_url="http://r", page_url=None
    )
    packaged = DeploymentView(
        revision=FIRST, state=WorkState.DONE, project_type="package", package_size=3, package_sha256="0" * 64,
        package_url="http://p", template_url="http://t", instructions_url="http://i", proof=text,
        proven=False, tried=(TriedFunction(handler="app.handler", passed=False, seen=text),),
    )  # fmt: skip
    raw = {"text": text, "finish_reason": "STOP", "detail": text, "tokens": {"prompt_tokens": 1}}
    failure = Failure(step="dev", reason=text)
    function = FunctionUsage(
        function="dev", invocations=2, errors=0, cold_starts=1, duration_ms=1, billed_ms=10, gb_seconds=0.5
    )
    return FakeConnection(
        FakeProjectsApi(
            projects=[project(name=text[:100], status=ProjectStatus.NEEDS_REVIEW, failure=failure)],
            timeline=events.made,
            plans=plan(task("one", title=text)).model_copy(update={"summary": text, "assumptions": (text,)}),
            contents={f"{text}.py": text.encode()},
            tested=[tested],
            reports={"1.0": report},
            packaged=[packaged],
            downloads=dict.fromkeys(("http://p", "http://t", "http://i"), text.encode()),
        ),
        FakeSource(
            bucket={
                layout.reply_object(ID, 1, 0, "plan-1.json"): (json.dumps(raw).encode(), at(2)),
                layout.code_object(ID, FIRST, text): (text.encode(), at(2)),
            },
            used=Usage(project_id=ID, calls=(), functions=(function,)),
            exchanges=[exchange(1, 1.5, reply=text, prompt=text, title=text, model=text)],
            missed=[missed_reply(text, title=text)],
        ),
    )


class FilledApi(FakeProjectsApi):
    """The API of that project, with a template."""

    text = ""

    def list_templates(self) -> list[TemplateSummary]:
        return [TemplateSummary(id="cli-tool", name=self.text[:100], description=self.text)]


class FilledSource(dashboard.FakeSource):
    """Returns that project, and queues, faults and invocations with the same text."""

    def __init__(self, text: str, projects: FakeSource) -> None:
        attempt = Attempt(dashboard.NOW, text, text, text)
        bodies = (json.dumps({text: text}), text, "{}")
        letters = [
            DeadLetter(dashboard.message(f"{number}-letter", body), RequestedWork(text, text, text), (attempt,))
            for number, body in enumerate(bodies)
        ]
        super().__init__(letters)
        self.text = text
        self.projects = projects
        used = usage(ONE, polls(10), calls("s3", text, 100), functions=(lambda_use(10, 200.0, text),))
        self.used = use_of(used)
        bench = dashboard.FakeBench()
        fault = CallFault(when=Call(function=text, service=text), then=Error(do="error", code=text, message=text))
        bench.on = [ActiveRule(rule=0, fault=fault, met=1, applied=1)]
        bench.applied = [Fired(rule=0, at=dashboard.NOW, function=text, what=text)]
        self.controls = bench

    def messages(self, queue: str, after: str | None, limit: int) -> MessagePage:
        shown = (dashboard.message("m1", self.text), dashboard.message("m2", json.dumps({self.text: self.text})))
        return MessagePage(messages=shown, next=None, total=len(shown), oldest=dashboard.NOW, now=dashboard.NOW)

    def log_lines(self, agent: str, attempt: Attempt) -> list[str]:
        return [self.text] * (LONG // len(self.text))

    def usage(self, project_id: str | None = None) -> Usage:
        return Usage(project_id=project_id, calls=(calls("s3", self.text, 100),), functions=())

    def invocations(self) -> "list[FinishedInvocation]":
        return [
            FinishedInvocation(
                function=dashboard.NAMES["dev"], version="1", request_id=self.text, started_at=dashboard.NOW,
                init_ms=None, duration_ms=5, billed_ms=5, memory_mb=512, gb_seconds=0.1, cold_start=False,
                error_type=self.text, project_id=self.text,
            )
        ]  # fmt: skip

    def objects(self, prefix: str) -> "list[Any]":
        return self.projects.objects(prefix)

    def content(self, key: str) -> bytes:
        return self.projects.content(key)

    def model_calls(self) -> "list[ModelExchange]":
        assert isinstance(self.projects.exchanges, list)
        return self.projects.exchanges

    def missed_replies(self) -> "list[MissedReply]":
        assert isinstance(self.projects.missed, list)
        return self.projects.missed

    def store_reply(self, digest: str, text: str) -> StoredReply:
        return StoredReply(path=self.text)


class FilledConnection(dashboard.FakeConnection):
    """A connection to all of this."""

    def __init__(self, text: str) -> None:
        made = filled(text)
        api = FilledApi(**vars(made.api))
        api.text, api.projects = text, [one.model_copy(update={"score": 50.0}) for one in api.projects]
        super().__init__(FilledSource(text, made.source), api=api)
