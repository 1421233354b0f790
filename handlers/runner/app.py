"""The runner's Lambda function: it is asked directly, behind no queue, and its role permits nothing but its log."""

import os
from typing import Any

from pydantic import ValidationError

from runner.running import Runner
from shared.models.runs import SPENT, TestsRequested, TestsRun

_spent: list[TestsRun] = []
"""The run without a sandbox that this process had: it has no other."""


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Run the tests of the project in the event; return a `TestsRun`.

    What a run without a sandbox left in this environment meets no other: the process ends when it is asked again, and
    Lambda starts it anew.
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
