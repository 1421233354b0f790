"""Totals of calls and invocations, from which usage reports are made."""

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import TypeVar

from agenticai.emulator.core.billing_units import count_billing_units
from agenticai.emulator.core.usage_records import CallCount, Caller, FinishedInvocation, FunctionUsage, Usage

T = TypeVar("T", "_CallSum", "_FunctionSum")


@dataclass(frozen=True)
class MeteredCall:
    """One AWS call; bytes are those of its bodies, `error` is AWS's error code.

    `capacity` is the DynamoDB capacity that it consumes, if the engine reports that.
    """

    service: str
    operation: str
    request_bytes: int = 0
    response_bytes: int = 0
    error: str | None = None
    capacity: float | None = None

    @property
    def units(self) -> float:
        """The number of units that the call is billed as."""
        if self.capacity is not None:
            return self.capacity
        return count_billing_units(self.service, self.operation, self.request_bytes, self.response_bytes)


@dataclass(frozen=True)
class Origin:
    """Who made a call; `function` is None for a client."""

    caller: Caller
    function: str | None = None


@dataclass(slots=True)
class _CallSum:
    calls: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    units: float = 0
    errors: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _FunctionSum:
    invocations: int = 0
    errors: int = 0
    cold_starts: int = 0
    duration_ms: float = 0.0
    billed_ms: int = 0
    gb_seconds: float = 0.0


class Sums:
    """The totals of one project, of one invocation, or of everything."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str, Origin], _CallSum] = {}
        self._functions: dict[str, _FunctionSum] = {}

    def add_call(self, call: MeteredCall, origin: Origin) -> None:
        """Count one call."""
        errors = Counter([call.error] if call.error else [])
        row = self._calls.setdefault((call.service, call.operation, origin), _CallSum())
        _add(row, _CallSum(1, call.request_bytes, call.response_bytes, call.units, errors))

    def add_invocation(self, invocation: FinishedInvocation) -> None:
        """Count one invocation."""
        row = self._functions.setdefault(invocation.function, _FunctionSum())
        failed = invocation.error_type is not None
        _add(
            row,
            _FunctionSum(
                1, failed, invocation.cold_start, invocation.duration_ms, invocation.billed_ms, invocation.gb_seconds
            ),
        )

    def add(self, other: "Sums") -> None:
        """Add the totals of another one."""
        for key, calls in other._calls.items():
            _add(self._calls.setdefault(key, _CallSum()), calls)
        for name, invocations in other._functions.items():
            _add(self._functions.setdefault(name, _FunctionSum()), invocations)

    def count_invocations(self, function: str) -> int:
        """Return how many invocations of a function were counted."""
        return self._functions.get(function, _FunctionSum()).invocations

    def count_errors(self, function: str) -> dict[str, int]:
        """Return how many of the calls that a function made failed, by error code."""
        errors: Counter[str] = Counter()
        for (_, _, origin), row in self._calls.items():
            if origin == Origin("function", function):
                errors += row.errors
        return dict(errors)

    def report_usage(self, project_id: str | None) -> Usage:
        """Return the totals as a report with rows in a stable order."""
        calls = (
            CallCount(
                service=service,
                operation=operation,
                caller=origin.caller,
                function=origin.function,
                calls=row.calls,
                errors=dict(row.errors),
                request_bytes=row.request_bytes,
                response_bytes=row.response_bytes,
                units=row.units,
            )
            for (service, operation, origin), row in self._calls.items()
        )
        functions = (FunctionUsage(function=name, **asdict(row)) for name, row in sorted(self._functions.items()))
        ordered = sorted(calls, key=lambda row: (row.service, row.operation, row.caller, row.function or ""))
        return Usage(project_id=project_id, calls=tuple(ordered), functions=tuple(functions))


def _add(row: T, other: T) -> None:
    for each in fields(row):
        setattr(row, each.name, getattr(row, each.name) + getattr(other, each.name))
