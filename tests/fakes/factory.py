"""The whole factory in memory: four workers over fakes, which process one message at a time."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from api_handler.requests import Requests
from dev_agent.agent import DevAgent
from ops_agent.agent import OpsAgent
from pm_agent.agent import PmAgent
from qa_agent.agent import Analyse, QaAgent
from qa_agent.analysis import analyse
from shared.deletion import Deletion
from shared.language_model.port import Prompt
from shared.models.messages import AnyMessage, DeployRequested, PlanRequested, TaskReady, TestRequested
from shared.models.project import Project
from shared.projects import Projects
from shared.reversal import Reversals
from shared.worker import Worker, WorkOutcome
from shared.works import Works
from tests.fakes.model import Answer, ScriptedModel
from tests.fakes.objects import InMemoryObjects
from tests.fakes.outgoing import SentMessages
from tests.fakes.runner import Answers, FakeRunner, passing
from tests.fakes.table import InMemoryTable

if TYPE_CHECKING:
    from shared.metrics import Measured


class Factory:
    """Four agents over fakes; nothing happens until a message is delivered."""

    def __init__(
        self, script: Callable[[Prompt], Answer], analyse: Analyse = analyse, answers: Answers = passing
    ) -> None:
        self.table, self.objects, self.sent, self.model = (
            InMemoryTable(),
            InMemoryObjects(),
            SentMessages(),
            ScriptedModel(script),
        )
        self.runner = FakeRunner(answers)
        ids, ticks = itertools.count(1), itertools.count(1)
        self._start = datetime(2026, 1, 1, tzinfo=UTC)

        def clock() -> datetime:
            return self._start + timedelta(milliseconds=next(ticks))

        def identifiers() -> str:
            return f"{next(ids):026d}"

        self.projects = Projects(self.table)
        self.requests = Requests(self.table, clock=clock, identifiers=identifiers)
        self.works = Works(self.table, clock=clock, identifiers=identifiers)
        self.deletion = Deletion(self.table, self.objects)
        reversals = Reversals(self.projects, self.objects)
        self.notes: list[str] = []
        self.measured: list[Measured] = []
        self.seconds_left = 300.0
        agents: dict[type[AnyMessage], Any] = {
            PlanRequested: PmAgent(self.projects, self.objects, self.model),
            TaskReady: DevAgent(self.projects, self.objects, self.model),
            TestRequested: QaAgent(self.projects, self.objects, self.runner, analyse),
            DeployRequested: OpsAgent(self.projects, self.objects, self.runner),
        }
        self._workers = {
            kind: Worker(
                agent, self.works, self.deletion, reversals, self.sent, self.notes.append, clock, self.measured.append
            )
            for kind, agent in agents.items()
        }

    def post(self, requirements: str, name: str = "demo") -> Project:
        """Create a project; its message waits in `sent`."""
        accepted = self.requests.create(name, requirements, "request-1")
        self.sent.send(accepted.messages)
        return accepted.project

    def skip(self, seconds: float) -> None:
        """Advance the clock."""
        self._start += timedelta(seconds=seconds)

    def deliver(self, message: AnyMessage) -> WorkOutcome:
        """Deliver one message."""
        return self._workers[type(message)].handle(message, lambda: self.seconds_left)

    def run(self) -> list[tuple[str, WorkOutcome]]:
        """Deliver all messages until none is left; return each piece of work and its outcome."""
        handled = []
        while messages := self.sent.take():
            handled += [(message.work, self.deliver(message)) for message in messages]
        return handled

    def project(self, project_id: str) -> Project:
        """Return the project's current state."""
        project = self.projects.get(project_id)
        assert project is not None
        return project
