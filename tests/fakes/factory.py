"""The whole factory in memory: four workers over fakes, driven message by message."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from dev_agent.agent import DevAgent
from ops_agent.agent import OpsAgent
from pm_agent.agent import PmAgent
from qa_agent.agent import QaAgent
from shared.language_model.port import Prompt
from shared.models.messages import AnyMessage, DeployRequested, PlanRequested, TaskReady, TestRequested
from shared.models.project import Project
from shared.projects import Projects
from shared.worker import Outcome, Worker
from tests.fakes.model import Answer, ScriptedModel
from tests.fakes.objects import InMemoryObjects
from tests.fakes.outgoing import SentMessages
from tests.fakes.table import InMemoryTable


class Factory:
    """Four agents over fakes; nothing happens until a message is delivered."""

    def __init__(self, script: Callable[[Prompt], Answer]) -> None:
        self.table, self.objects, self.sent, self.model = (
            InMemoryTable(),
            InMemoryObjects(),
            SentMessages(),
            ScriptedModel(script),
        )
        ids, ticks = itertools.count(1), itertools.count(1)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        self.projects = Projects(
            self.table,
            clock=lambda: start + timedelta(milliseconds=next(ticks)),
            identifiers=lambda: f"{next(ids):026d}",
        )
        self.notes: list[str] = []
        agents: dict[type[AnyMessage], Any] = {
            PlanRequested: PmAgent(self.objects, self.model),
            TaskReady: DevAgent(self.projects, self.objects, self.model),
            TestRequested: QaAgent(self.projects, self.objects),
            DeployRequested: OpsAgent(self.projects, self.objects),
        }
        self._workers = {
            kind: Worker(agent, self.projects, self.sent, self.notes.append) for kind, agent in agents.items()
        }

    def post(self, requirements: str, name: str = "demo") -> Project:
        """Create a project; its message waits in `sent`."""
        project, message = self.projects.create(name, requirements, "request-1")
        self.sent.send([message])
        return project

    def deliver(self, message: AnyMessage) -> Outcome:
        """Deliver one message once."""
        return self._workers[type(message)].handle(message, lambda: 300.0)

    def run(self) -> list[tuple[str, Outcome]]:
        """Deliver all messages until none is left; return what was worked on, and how it ended."""
        handled = []
        while messages := self.sent.take():
            handled += [(message.work, self.deliver(message)) for message in messages]
        return handled

    def project(self, project_id: str) -> Project:
        """The project as it is now."""
        project = self.projects.get(project_id)
        assert project is not None
        return project
