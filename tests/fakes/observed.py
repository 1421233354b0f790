"""Observations of targets without a replay."""

from collections.abc import Mapping, Sequence
from typing import Any

from agenticai.emulator.core.usage_records import Caller
from agenticai.scenarios.comparing.observation import CallTotal, ModelTotal, Observation
from agenticai.scenarios.replaying.replay import Result
from agenticai.scenarios.reports.document import ScenarioReport
from tests.fakes.replayed import result

ALL: tuple[Caller, ...] = ("client", "event source mapping", "function")


def observation(
    target: str = "embedded",
    replayed: Result | None = None,
    *,
    calls: Mapping[tuple[Caller, str, str], int] | None = None,
    model: Mapping[str, int] | None = None,
    counted: Sequence[Caller] = ALL,
    **parts: Any,
) -> Observation:
    """Return an observation of a scenario on a target; by default of the fakes' own replay."""
    totals = {("function", "s3", "PutObject"): 2} if calls is None else calls
    return Observation(
        target=target,
        engine=parts.pop("engine", target),
        report=ScenarioReport.of(result() if replayed is None else replayed),
        counted=tuple(counted),
        calls=tuple(
            CallTotal(caller=caller, service=service, operation=operation, calls=number)
            for (caller, service, operation), number in totals.items()
        ),
        model_calls=None
        if model is None
        else tuple(ModelTotal(title=title, status=200, calls=number) for title, number in model.items()),
        **parts,
    )
