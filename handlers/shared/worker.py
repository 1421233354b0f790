"""The worker contract: claim, work, persist, emit, acknowledge; safe to run any number of times on one message."""

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from shared.errors import Deferrable, Retryable, Terminal
from shared.language_model.port import Remaining
from shared.models.messages import AnyMessage
from shared.models.project import Project
from shared.models.workflow import ProjectStatus
from shared.projects import MAX_CONFLICTS, Abandoned, AlreadyDone, Changes, Claimed, Projects
from shared.queues import Outgoing
from shared.storage.table import Conflict

MAX_DELAY_SECONDS = 900
"""SQS's longest delay of a message."""

M_contra = TypeVar("M_contra", bound=AnyMessage, contravariant=True)
M = TypeVar("M", bound=AnyMessage)
R = TypeVar("R")


class Outcome(StrEnum):
    """How a delivery ended; each of them acknowledges the message."""

    DONE = "done"
    REPEATED = "done before, emitted again"
    ABANDONED = "no longer wanted"
    FAILED = "failed for good"
    PARKED = "parked until the quota returns"


class Agent(Protocol[M_contra, R]):
    """What an agent adds to the contract."""

    name: str
    status: ProjectStatus
    """The project's status while this agent works."""

    def work(self, message: M_contra, project: Project, remaining: Remaining) -> R:
        """The long part, from the message and what is stored alone: models, tools, objects. It commits nothing."""
        ...

    def conclude(self, message: M_contra, project: Project, result: R) -> Changes:
        """The short part: what the result changes, given the table as it is now; called again after a conflict."""
        ...


class Worker(Generic[M, R]):
    """Runs one agent under the contract.

    Raises `Retryable` for SQS to deliver the message again; every `Outcome` acknowledges it.
    """

    def __init__(self, agent: Agent[M, R], projects: Projects, outgoing: Outgoing, note: Callable[[str], None]) -> None:
        self._agent = agent
        self._projects = projects
        self._outgoing = outgoing
        self._note = note

    def handle(self, message: M, remaining: Remaining) -> Outcome:
        """One delivery of one message."""
        claim = self._projects.claim(message, self._agent.name, self._agent.status)
        if not isinstance(claim, Claimed):
            return self._refused(claim)
        try:
            return self._carry_out(message, claim, remaining)
        except Terminal as failure:
            return self._fail(message, claim, failure)
        except Deferrable as pause:
            return self._park(message, claim, pause)
        except Retryable as fault:
            self._interrupt(message, claim, str(fault))
            raise

    def _carry_out(self, message: M, claim: Claimed, remaining: Remaining) -> Outcome:
        result = self._agent.work(message, claim.project, remaining)
        for _ in range(MAX_CONFLICTS):
            changes = self._agent.conclude(message, claim.project, result)
            try:
                self._projects.commit(message, self._agent.name, claim, changes)
            except Conflict:
                ended = self._ended_elsewhere(message)
                if ended:
                    return ended
                continue  # the table moved on between reading and writing: conclude again from what is there now
            self._outgoing.send(changes.outbox)
            return Outcome.DONE
        raise Retryable(f"{message.id} could not be stored: its items keep changing")

    def _ended_elsewhere(self, message: M) -> Outcome | None:
        """The outcome, if another delivery has ended the work meanwhile or nobody wants it any more."""
        refusal = self._projects.refusal(message, self._agent.status)
        return self._refused(refusal) if refusal else None

    def _refused(self, refusal: AlreadyDone | Abandoned) -> Outcome:
        match refusal:
            case AlreadyDone(outbox):
                self._outgoing.send(outbox)
                return Outcome.REPEATED
            case Abandoned(reason):
                self._note(reason)
                return Outcome.ABANDONED

    def _fail(self, message: M, claim: Claimed, failure: Terminal) -> Outcome:
        try:
            self._projects.fail(message, self._agent.name, claim, str(failure))
        except Conflict:
            return self._ended_elsewhere(message) or self._fail(message, claim, failure)
        return Outcome.FAILED

    def _park(self, message: M, claim: Claimed, pause: Deferrable) -> Outcome:
        try:
            self._projects.interrupt(message, self._agent.name, claim, str(pause), move=ProjectStatus.WAITING_FOR_QUOTA)
        except Conflict:
            return self._ended_elsewhere(message) or self._park(message, claim, pause)
        self._outgoing.send([message], delay=min(MAX_DELAY_SECONDS, round(pause.after)))
        return Outcome.PARKED

    def _interrupt(self, message: M, claim: Claimed, reason: str) -> None:
        try:
            self._projects.interrupt(message, self._agent.name, claim, reason)
        except (Conflict, Retryable) as trouble:
            # The note on the timeline is a courtesy; the redelivery is what matters.
            self._note(f"could not record the interruption: {trouble}")
