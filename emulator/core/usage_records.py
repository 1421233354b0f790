"""The meter's records, which the control API sends and its client reads."""

from collections import Counter
from datetime import datetime
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict

Caller = Literal["client", "function", "event source mapping"]


class Record(BaseModel):
    """A record that is sent or stored: immutable, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Ability = Literal["gemini", "meter", "control", "steps", "contents", "invocations", "permissions"]
"""What an engine can do beyond the AWS API; `agenticai.stack.target.Capability` explains each."""

EVERYTHING: Final[frozenset[Ability]] = frozenset(get_args(Ability))


class EngineAbout(Record):
    """What an engine is, such as `LocalStack 4.13.1`, and what it can do.

    `functions_url` is the address that its functions use, if it differs from the clients'. `functions_on` is the
    platform of its functions, as `agenticai.stack.platform.FunctionsOn` reads it: empty for the client's interpreter.
    """

    engine: str
    abilities: frozenset[Ability] = EVERYTHING
    functions_url: str = ""
    functions_on: str = ""


class EngineHealth(EngineAbout):
    """The engine answers; `uptime_s` in seconds."""

    status: Literal["ok"]
    pid: int
    uptime_s: float


class CallCount(Record):
    """How often one caller made one call. Services are named as in a SigV4 scope (`dynamodb`, `execute-api`, …).

    `function` is the calling function, or that of the event source mapping that called, and None for a client.
    `errors` counts by error code; bytes are those of the bodies, and `units` what AWS bills.
    """

    service: str
    operation: str
    caller: Caller
    function: str | None
    calls: int
    errors: dict[str, int]
    request_bytes: int
    response_bytes: int
    units: float


class FunctionUsage(Record):
    """The totals of a function's invocations. Durations in ms; billed ones are rounded up and include init."""

    function: str
    invocations: int
    errors: int
    cold_starts: int
    duration_ms: float
    billed_ms: int
    gb_seconds: float


class Usage(Record):
    """The usage of one project, or the total, with calls without a project, if `project_id` is None."""

    project_id: str | None
    calls: tuple[CallCount, ...]
    functions: tuple[FunctionUsage, ...]

    @property
    def total_calls(self) -> int:
        """All AWS calls, those of event source mappings included, as AWS bills them."""
        return sum(row.calls for row in self.calls)

    @property
    def gb_seconds(self) -> float:
        """Lambda's billed memory times duration."""
        return sum(row.gb_seconds for row in self.functions)

    @property
    def calls_by_service(self) -> dict[str, int]:
        """Calls of each service, the most used first."""
        counts: Counter[str] = Counter()
        for row in self.calls:
            counts[row.service] += row.calls
        return dict(counts.most_common())


class UsageByProject(Record):
    """The total usage and that of each project, at one moment.

    `projects` are those with usage since a cursor; `next` is the next cursor. A cursor is valid only for the same
    `book`, which changes if an engine starts or usage is reset.
    """

    total: Usage
    projects: tuple[Usage, ...]
    book: str
    next: int


class FinishedInvocation(Record):
    """One invocation that ended. `init_ms` is None on a warm start; `error_type` None when it succeeded.

    `message_ids` are those of the queue messages in its event.
    """

    function: str
    version: str
    request_id: str
    started_at: datetime
    init_ms: float | None
    duration_ms: float
    billed_ms: int
    memory_mb: int
    gb_seconds: float
    cold_start: bool
    error_type: str | None
    project_id: str | None
    message_ids: tuple[str, ...] = ()


class RunningInvocation(Record):
    """A running invocation; `project_id` is None if it is known only at the end."""

    request_id: str
    started_at: datetime
    project_id: str | None


class FunctionActivity(Record):
    """A function's running invocations, the oldest first, and how the latest ones ended.

    `failed` is the latest that failed, and `gave_back` the latest that returned batch item failures without an error.
    `errors` counts the failed calls that the function made, by error code.
    """

    function: str
    running: tuple[RunningInvocation, ...]
    finished: int
    last: FinishedInvocation | None
    failed: FinishedInvocation | None
    gave_back: FinishedInvocation | None
    errors: dict[str, int]
