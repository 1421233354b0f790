"""The meter's book: who calls, on whose behalf, and the sums of each project, in bounded memory."""

import math
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime

from agenticai.emulator.engines.function import Function, Invocation, Outcome
from agenticai.emulator.meter.attribution import project_of_event, project_of_result
from agenticai.emulator.meter.records import FinishedInvocation, Usage
from agenticai.emulator.meter.sums import Call, Origin, Sums

PROJECTS_KEPT = 1_000
INVOCATIONS_KEPT = 1_000
CLIENT = Origin("client")


@dataclass
class _Environment:
    """An execution environment known by its session token, and the sums of what it is at."""

    origin: Origin
    project_id: str | None
    sums: Sums


class Ledger:
    """Counts calls and invocations; safe to use from any thread.

    A call is known by the session token it was signed with. What a running invocation calls is kept with it until it
    ends, because a create request's project is known only then. Beyond `PROJECTS_KEPT` projects the one used longest
    ago is added to the calls that belong to no project.
    """

    def __init__(self, projects_kept: int = PROJECTS_KEPT) -> None:
        self._lock = threading.Lock()
        self._projects_kept = projects_kept
        self._environments: dict[str, _Environment] = {}
        self._projects: OrderedDict[str, Sums] = OrderedDict()
        self._no_project = Sums()
        self._recent: deque[FinishedInvocation] = deque(maxlen=INVOCATIONS_KEPT)

    def environment_started(self, token: str, function: Function) -> None:
        """From now on calls signed with `token` are the function's."""
        self.environment_ended(token)
        with self._lock:
            self._environments[token] = _Environment(Origin("function", function.name), None, Sums())

    def environment_ended(self, token: str) -> None:
        """Forget the token; what it called stays counted."""
        with self._lock:
            environment = self._environments.pop(token, None)
            if environment:
                self._sums(environment.project_id).add(environment.sums)

    def invocation_started(self, token: str, invocation: Invocation) -> None:
        """Calls of this environment belong to the event's project, from its init phase on."""
        with self._lock:
            if environment := self._environments.get(token):
                environment.project_id = project_of_event(invocation.event)

    def invocation_ended(
        self, token: str, function: Function, invocation: Invocation, outcome: Outcome, started_at: datetime
    ) -> FinishedInvocation:
        """Book an invocation and all its calls on its project.

        Init is billed since August 2025 (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
        """
        project_id = project_of_event(invocation.event) or project_of_result(outcome.result)
        done = _finished(function, invocation, outcome, started_at, project_id)
        with self._lock:
            sums = self._sums(project_id)
            sums.add_invocation(done)
            if environment := self._environments.get(token):
                sums.add(environment.sums)
                environment.project_id, environment.sums = None, Sums()
            self._recent.append(done)
        return done

    def record(self, call: Call, *, token: str | None = None, project_id: str | None = None) -> None:
        """Count a call that passed the gateway; `project_id` is what the call itself tells, for a client's."""
        with self._lock:
            environment = self._environments.get(token) if token else None
            if environment:
                environment.sums.add_call(call, environment.origin)
            else:
                self._sums(project_id).add_call(call, CLIENT)

    def record_poll(self, call: Call, function_name: str, project_id: str | None) -> None:
        """Count a call that the event source mapping of a function made."""
        with self._lock:
            self._sums(project_id).add_call(call, Origin("event source mapping", function_name))

    def usage(self, project_id: str | None = None) -> Usage:
        """What one project used, or all of them and what belongs to none; running invocations included."""
        total = Sums()
        with self._lock:
            if project_id is None:
                total.add(self._no_project)
            for name, sums in self._projects.items():
                if project_id in (None, name):
                    total.add(sums)
            for environment in self._environments.values():
                if project_id in (None, environment.project_id):
                    total.add(environment.sums)
        return total.usage(project_id)

    def invocations(self) -> tuple[FinishedInvocation, ...]:
        """The latest invocations, the oldest first."""
        with self._lock:
            return tuple(self._recent)

    def forget_invocations(self) -> None:
        """Forget which invocations ended; what they used stays counted."""
        with self._lock:
            self._recent.clear()

    def _sums(self, project_id: str | None) -> Sums:
        if project_id is None:
            return self._no_project
        sums = self._projects.setdefault(project_id, Sums())
        self._projects.move_to_end(project_id)
        if len(self._projects) > self._projects_kept:
            self._no_project.add(self._projects.popitem(last=False)[1])
        return sums


def _finished(
    function: Function, invocation: Invocation, outcome: Outcome, started_at: datetime, project_id: str | None
) -> FinishedInvocation:
    billed_ms = math.ceil((outcome.init_ms or 0) + outcome.duration_ms)
    return FinishedInvocation(
        function=function.name,
        version=function.version,
        request_id=invocation.request_id,
        started_at=started_at,
        init_ms=outcome.init_ms,
        duration_ms=outcome.duration_ms,
        billed_ms=billed_ms,
        memory_mb=function.memory_mb,
        gb_seconds=billed_ms / 1000 * function.memory_mb / 1024,
        cold_start=outcome.init_ms is not None,
        error_type=outcome.error.error_type if outcome.error else None,
        project_id=project_id,
    )
