"""The meter's ledger: who makes calls for which project, and the totals of each project."""

import math
import secrets
import threading
from collections import deque
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from agenticai.emulator.core.usage_records import (
    FinishedInvocation,
    FunctionActivity,
    RunningInvocation,
    Usage,
    UsageByProject,
)
from agenticai.emulator.engines.function import Invocation, InvocationOutcome
from agenticai.emulator.meter.attribution import find_event_project, find_result_project, list_message_ids
from agenticai.emulator.meter.sums import MeteredCall, Origin, Sums

INVOCATIONS_KEPT = 1_000
CLIENT = Origin("client")


class Deployed(Protocol):
    """A function as the ledger records it; memory in MB."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def memory_mb(self) -> int: ...


@dataclass
class _Environment:
    """An execution environment, the invocation that runs in it, and the totals of that invocation."""

    function: str
    running: RunningInvocation | None
    sums: Sums

    @property
    def project_id(self) -> str | None:
        """The project of the running invocation."""
        return self.running.project_id if self.running else None


@dataclass
class _Ended:
    """The latest invocation of a function, the latest failed one, and the latest with batch item failures."""

    last: FinishedInvocation | None = None
    failed: FinishedInvocation | None = None
    gave_back: FinishedInvocation | None = None


class Ledger:
    """Counts calls and invocations; thread-safe.

    A call's environment is identified by the session token that signed it. The calls of a running invocation are kept
    with it until it ends, because a create request's project is known only then. `projects` holds the projects' totals.
    """

    def __init__(self, projects: MutableMapping[str, Sums] | None = None) -> None:
        self._lock = threading.Lock()
        self._environments: dict[str, _Environment] = {}
        self._projects: MutableMapping[str, Sums] = {} if projects is None else projects
        self._changed: dict[str, int] = {}
        self._changes = 0
        self._book_id = secrets.token_hex(8)
        self._total = Sums()
        self._recent: deque[FinishedInvocation] = deque(maxlen=INVOCATIONS_KEPT)
        self._failed: deque[FinishedInvocation] = deque(maxlen=INVOCATIONS_KEPT)
        self._ended: dict[str, _Ended] = {}

    def record_environment_start(self, token: str, function: Deployed) -> None:
        """Attribute calls signed with `token` to the function from now on."""
        self.record_environment_end(token)
        with self._lock:
            self._environments[token] = _Environment(function.name, None, Sums())

    def record_environment_end(self, token: str) -> None:
        """Forget the token; its calls stay counted."""
        with self._lock:
            environment = self._environments.pop(token, None)
            if environment:
                self._add_to_totals(environment.project_id, lambda sums: sums.add(environment.sums))

    def record_invocation_start(self, token: str, invocation: Invocation, started_at: datetime) -> None:
        """Attribute calls of this environment to the event's project, including those of its init phase."""
        project_id = find_event_project(invocation.event)
        running = RunningInvocation(request_id=invocation.request_id, started_at=started_at, project_id=project_id)
        with self._lock:
            if environment := self._environments.get(token):
                environment.running = running

    def record_invocation_end(
        self, token: str, function: Deployed, invocation: Invocation, outcome: InvocationOutcome, started_at: datetime
    ) -> FinishedInvocation:
        """Attribute an invocation and all its calls to its project.

        Init has been billed since August 2025 (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
        """
        project_id = find_event_project(invocation.event) or find_result_project(outcome.result)
        finished = _finish(function, invocation, outcome, started_at, project_id)
        with self._lock:
            self._add_to_totals(project_id, lambda sums: sums.add_invocation(finished))
            if environment := self._environments.get(token):
                calls, environment.running, environment.sums = environment.sums, None, Sums()
                self._add_to_totals(project_id, lambda sums: sums.add(calls))
            self._recent.append(finished)
            if finished.error_type:
                self._failed.append(finished)
            ended = self._ended.setdefault(function.name, _Ended())
            ended.last, ended.failed = finished, finished if finished.error_type else ended.failed
            ended.gave_back = finished if _has_failed_messages(outcome) else ended.gave_back
        return finished

    def record(self, call: MeteredCall, *, token: str | None = None, project_id: str | None = None) -> None:
        """Count a call that passed the gateway; `project_id`, read from the call, is used for calls of clients."""
        with self._lock:
            environment = self._environments.get(token) if token else None
            if environment:
                environment.sums.add_call(call, Origin("function", environment.function))
            else:
                self._add_to_totals(project_id, lambda sums: sums.add_call(call, CLIENT))

    def record_poll(self, call: MeteredCall, function_name: str, project_id: str | None) -> None:
        """Count a call that the event source mapping of a function made."""
        with self._lock:
            origin = Origin("event source mapping", function_name)
            self._add_to_totals(project_id, lambda sums: sums.add_call(call, origin))

    def report_usage(self, project_id: str | None = None) -> Usage:
        """Return the usage of one project, or the total, with running invocations and calls without a project."""
        total = Sums()
        with self._lock:
            sums = self._total if project_id is None else self._projects.get(project_id)
            if sums:
                total.add(sums)
            for environment in self._environments.values():
                if project_id in (None, environment.project_id):
                    total.add(environment.sums)
        return total.report_usage(project_id)

    def report_usage_by_project(self, since: int = 0) -> UsageByProject:
        """Return the total and that of each project with usage since `since`, running invocations included."""
        total, projects = Sums(), dict[str, Sums]()
        with self._lock:
            book, now = self._book_id, self._changes
            for project_id, changed in self._changed.items():
                if changed > since:
                    projects.setdefault(project_id, Sums()).add(self._projects[project_id])
            total.add(self._total)
            for environment in self._environments.values():
                total.add(environment.sums)
                if running := environment.project_id:
                    if running not in projects:
                        projects[running] = self._copy_sums(running)
                    projects[running].add(environment.sums)
        usages = tuple(sums.report_usage(project_id) for project_id, sums in projects.items())
        return UsageByProject(total=total.report_usage(None), projects=usages, book=book, next=now)

    def _copy_sums(self, project_id: str) -> Sums:
        sums = Sums()
        if stored := self._projects.get(project_id):
            sums.add(stored)
        return sums

    def list_invocations(self) -> tuple[FinishedInvocation, ...]:
        """Return the latest invocations and the latest failed ones, the oldest first."""
        with self._lock:
            recent = {id(invocation) for invocation in self._recent}
            return (*(invocation for invocation in self._failed if id(invocation) not in recent), *self._recent)

    def list_activity(self) -> tuple[FunctionActivity, ...]:
        """Return the activity of each function that has or had an environment, by name."""
        with self._lock:
            environments, total = tuple(self._environments.values()), Sums()
            for sums in (self._total, *(environment.sums for environment in environments)):
                total.add(sums)
            running: dict[str, list[RunningInvocation]] = {environment.function: [] for environment in environments}
            for environment in environments:
                if environment.running:
                    running[environment.function].append(environment.running)
            ended = {name: replace(latest) for name, latest in self._ended.items()}
        return tuple(
            FunctionActivity(
                function=name,
                running=tuple(sorted(running.get(name, ()), key=lambda invocation: invocation.started_at)),
                finished=total.count_invocations(name),
                last=ended.get(name, _Ended()).last,
                failed=ended.get(name, _Ended()).failed,
                gave_back=ended.get(name, _Ended()).gave_back,
                errors=total.count_errors(name),
            )
            for name in sorted({*running, *ended})
        )

    def forget_usage(self) -> None:
        """Forget all calls and invocations, but not the running environments."""
        with self._lock:
            self._recent.clear()
            self._failed.clear()
            self._ended.clear()
            self._projects.clear()
            self._changed.clear()
            self._book_id = secrets.token_hex(8)
            self._total = Sums()
            for environment in self._environments.values():
                environment.sums = Sums()

    def _add_to_totals(self, project_id: str | None, add: Callable[[Sums], None]) -> None:
        """Add to the total and, if there is a project, to its totals."""
        add(self._total)
        if project_id is not None:
            add(self._projects.setdefault(project_id, Sums()))
            self._changes += 1
            self._changed[project_id] = self._changes


def _has_failed_messages(outcome: InvocationOutcome) -> bool:
    """Return whether a worker reported some messages of its batch as not processed."""
    return isinstance(outcome.result, dict) and bool(outcome.result.get("batchItemFailures"))


def _finish(
    function: Deployed, invocation: Invocation, outcome: InvocationOutcome, started_at: datetime, project_id: str | None
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
        message_ids=list_message_ids(invocation.event),
    )
