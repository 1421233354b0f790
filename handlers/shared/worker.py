"""The worker contract: claim, work, persist, emit, acknowledge; it is idempotent for each message."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from shared.deletion import Deletion
from shared.identifiers import Clock
from shared.language_model.port import Delivery, Remaining
from shared.metrics import Measure, ignore_metrics, measure_begin, measure_end
from shared.models.errors import Deferrable, Retryable, Terminal
from shared.models.messages import AnyMessage
from shared.models.project import Project
from shared.models.workflow import ProjectStatus
from shared.queues import Outgoing
from shared.reversal import Reversals
from shared.storage.table import Conflict, retry_on_conflict
from shared.works import Abandoned, AlreadyDone, Changes, Claimed, Deleted, Refusal, Works

MAX_DELAY_SECONDS = 900
"""The longest delay that SQS allows for a message."""

M_contra = TypeVar("M_contra", bound=AnyMessage, contravariant=True)
M = TypeVar("M", bound=AnyMessage)
R = TypeVar("R")
W = TypeVar("W")


class WorkOutcome(StrEnum):
    """How a delivery ended; every outcome acknowledges the message."""

    DONE = "done"
    REPEATED = "done before, emitted again"
    ABANDONED = "no longer wanted"
    DELETED = "the project was deleted, and what it left is swept up"
    FAILED = "failed for good"
    PARKED = "parked until the quota returns"


class Agent(Protocol[M_contra, R]):
    """What an agent adds to the contract."""

    name: str
    status: ProjectStatus
    """The project's status while this agent works."""

    def work(self, message: M_contra, project: Project, delivery: Delivery) -> R:
        """Do the long part, using only the message and stored data: models, tools, objects. It commits nothing."""
        ...

    def conclude(self, message: M_contra, project: Project, result: R) -> Changes:
        """Do the short part: return what the result changes in the current table; called again after a conflict."""
        ...


@dataclass(frozen=True)
class Worker(Generic[M, R]):
    """Runs one agent under the contract.

    Raises `Retryable` if SQS has to deliver the message again; every `WorkOutcome` acknowledges it.
    """

    agent: Agent[M, R]
    works: Works
    deletion: Deletion
    reversals: Reversals
    outgoing: Outgoing
    note: Callable[[str], None]
    clock: Clock
    measure: Measure = ignore_metrics

    def handle(self, message: M, remaining: Remaining) -> WorkOutcome:
        """Handle one delivery of a message; return its outcome."""
        if message.not_before and message.not_before > self.clock():
            return self._check_ended_elsewhere(message, remaining) or self._send_later(message, message.not_before)
        claim = self.works.claim(message, self.agent.name, self.agent.status)
        if not isinstance(claim, Claimed):
            return self._handle_refusal(message, claim, remaining)
        self.measure(measure_begin(claim.project, claim.attempt))
        delivery = Delivery(remaining)
        try:
            return self._carry_out(message, claim, delivery)
        except Terminal as failure:
            return self._fail(message, claim, failure, delivery)
        except Deferrable as pause:
            return self._park(message, claim, pause, delivery)
        except Retryable as fault:
            outcome = self._interrupt(message, claim, fault, delivery)
            if outcome is None:
                raise
            return outcome

    def _carry_out(self, message: M, claim: Claimed, delivery: Delivery) -> WorkOutcome:
        result = self.agent.work(message, claim.project, delivery)

        def commit() -> Changes:
            changes = self.agent.conclude(message, claim.project, result)
            self.works.commit(message, self.agent.name, claim, changes, delivery.tokens)
            self.measure(measure_end(changes.move, changes.project.get("score"), delivery.tokens))
            return changes

        changes = self._store(message, delivery, commit)
        if isinstance(changes, WorkOutcome):
            return changes
        self.outgoing.send(changes.outbox)
        return WorkOutcome.DONE

    def _fail(self, message: M, claim: Claimed, failure: Terminal, delivery: Delivery) -> WorkOutcome:
        def fail() -> None:
            reversal = self.reversals.find(message)
            self.works.fail(message, self.agent.name, claim, str(failure), delivery.tokens, reversal)
            self.measure(measure_end(ProjectStatus.FAILED, None, delivery.tokens))

        return self._store(message, delivery, fail) or WorkOutcome.FAILED

    def _park(self, message: M, claim: Claimed, pause: Deferrable, delivery: Delivery) -> WorkOutcome:
        def wait() -> None:
            self.works.interrupt(message, self.agent.name, claim, str(pause), move=ProjectStatus.WAITING_FOR_QUOTA)

        due = self.clock() + timedelta(seconds=pause.after)
        return self._store(message, delivery, wait) or self._send_later(message, due)

    def _interrupt(self, message: M, claim: Claimed, fault: Retryable, delivery: Delivery) -> WorkOutcome | None:
        """Reset the work to pending; return the outcome if the work has ended elsewhere and needs no redelivery."""
        try:
            self.works.interrupt(message, self.agent.name, claim, str(fault))
        except Conflict:
            return self._check_ended_elsewhere(message, delivery.remaining)
        except Retryable as error:
            # The timeline's entry is optional; the redelivery is what matters.
            self.note(f"could not record the interruption: {error}")
        return None

    def _store(self, message: M, delivery: Delivery, write: Callable[[], W]) -> W | WorkOutcome:
        """Return the result of `write`, or the outcome if another delivery has ended the work meanwhile."""

        def attempt() -> W | WorkOutcome:
            try:
                return write()
            except Conflict:
                outcome = self._check_ended_elsewhere(message, delivery.remaining)
                if outcome is None:
                    raise  # the table changed between reading and writing: try again with its current state
                return outcome

        return retry_on_conflict(attempt, message.id)

    def _check_ended_elsewhere(self, message: M, remaining: Remaining) -> WorkOutcome | None:
        """Return the outcome if another delivery has ended the work meanwhile, or if it is no longer wanted."""
        refusal = self.works.find_refusal(message, self.agent.status)
        return self._handle_refusal(message, refusal, remaining) if refusal else None

    def _handle_refusal(self, message: M, refusal: Refusal, remaining: Remaining) -> WorkOutcome:
        match refusal:
            case AlreadyDone(outbox):
                self.outgoing.send(outbox)
                return WorkOutcome.REPEATED
            case Abandoned(reason):
                self.note(reason)
                return WorkOutcome.ABANDONED
            case Deleted():
                if not self.deletion.sweep(message.project_id, remaining):
                    raise Retryable(f"{message.project_id} is deleted, and not all that it left is swept up yet")
                return WorkOutcome.DELETED

    def _send_later(self, message: M, due: datetime) -> WorkOutcome:
        """Send the message again as a new one, whose receive count is 0; SQS delays it by 15 minutes at most."""
        seconds = math.ceil((due - self.clock()).total_seconds())
        parked = message.model_copy(update={"not_before": due})
        self.outgoing.send([parked], delay=max(0, min(MAX_DELAY_SECONDS, seconds)))
        return WorkOutcome.PARKED
