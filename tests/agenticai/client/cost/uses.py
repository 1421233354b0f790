"""Made-up usage for tests: rows of the meter with figures that are easy to calculate by hand."""

from dataclasses import replace

from agenticai.client.cost.use import CALLED, StackUse, Stored
from agenticai.emulator.core.billing_units import count_billing_units
from agenticai.emulator.core.usage_records import CallCount, Caller, FunctionUsage, Usage

ONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TWO = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
MILLION = 1_000_000


def calls(
    service: str,
    operation: str,
    number: int = MILLION,
    *,
    caller: Caller = "function",
    function: str | None = "dev",
    request_bytes: int = 0,
    response_bytes: int = 0,
) -> CallCount:
    """Return a number of calls of an operation, all of one size."""
    return CallCount(
        service=service,
        operation=operation,
        caller=caller,
        function=None if caller == "client" else function,
        calls=number,
        errors={},
        request_bytes=request_bytes,
        response_bytes=response_bytes,
        units=number * count_billing_units(service, operation, request_bytes // number, response_bytes // number),
    )


def polls(number: int = 1, function: str = "dev") -> CallCount:
    """Return a number of receives by an event source mapping."""
    return calls("sqs", "ReceiveMessage", number, caller="event source mapping", function=function)


def lambda_use(invocations: int, gb_seconds: float, function: str = "dev") -> FunctionUsage:
    """Return the usage of a function."""
    return FunctionUsage(
        function=function,
        invocations=invocations,
        errors=0,
        cold_starts=0,
        duration_ms=0,
        billed_ms=0,
        gb_seconds=gb_seconds,
    )


def usage(project_id: str | None, *rows: CallCount, functions: tuple[FunctionUsage, ...] = ()) -> Usage:
    """Return the usage of one project, or of all."""
    return Usage(project_id=project_id, calls=rows, functions=functions)


def use_of(*projects: Usage, beside: tuple[CallCount, ...] = (), stored: Stored = Stored(0, 0, 0)) -> StackUse:  # noqa: B008
    """Return the usage of projects and, in `beside`, of none; the total has all of their rows."""
    rows = (*(row for project in projects for row in project.calls), *beside)
    functions = tuple(row for project in projects for row in project.functions)
    total = Usage(project_id=None, calls=rows, functions=functions)
    return StackUse(total, projects, stored, mappings=4)


def unmetered(use: StackUse) -> StackUse:
    """Return a stack's usage without a meter for calls and invocations."""
    return replace(use, missing=dict.fromkeys(CALLED, "This target does not tell."))
