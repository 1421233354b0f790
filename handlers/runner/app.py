"""The runner's Lambda function: it is invoked directly, not by a queue, and its role permits only its log."""

import os
from typing import Any

from pydantic import ValidationError

from runner.running import Runner
from shared.models.runs import SPENT, TestsRequested, TestsRun

_spent: list[TestsRun] = []
"""The run without a sandbox that this process has had: each process has at most one."""


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Run the tests of the project in the event; return a `TestsRun`.

    A run without a sandbox never shares an environment with a later run: the process exits when it is invoked again,
    and Lambda starts a new one.
    """
    if _spent:
        os._exit(SPENT)
    try:
        request = TestsRequested.model_validate(event)
    except ValidationError as fault:
        raise ValueError(f"the request cannot be read: {fault.error_count()} faults") from None
    result = Runner().run(request)
    if not result.contained:
        _spent.append(result)
    return result.model_dump(mode="json", by_alias=True)
