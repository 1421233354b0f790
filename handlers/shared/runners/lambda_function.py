"""The runner as a Lambda function, which is invoked synchronously."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from shared.models.errors import Retryable
from shared.models.runs import SPENT, TestsRequested, TestsRun
from shared.runners.port import RunnerEnded

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ANSWERS_SECONDS: Final = 150.0
"""How long to wait for an answer: longer than the function's timeout."""

_TRIES: Final = 2
"""Tests may end the runner's process; the first time may be chance."""

_MOST_SPENT: Final = 10
"""A spent environment exits when it is invoked, so that another answers: without a sandbox, each runs one project."""

_ENDED: Final = "Runtime.ExitError"


class LambdaRunner:
    """Invokes the function that runs tests, by its name or ARN."""

    def __init__(self, client: Callable[[], "LambdaClient"], function: str) -> None:
        self._client = client
        self._function = function

    def run(self, request: TestsRequested) -> TestsRun:
        """Return the results of the tests; see `shared.runners.port.Runner`."""
        endings: list[str] = []
        for _ in range(_MOST_SPENT + _TRIES):
            answer = self._invoke(request)
            if not isinstance(answer, str):
                return _read_answer(answer)
            if not answer.endswith(f"exit status {SPENT}"):
                endings.append(answer)
            if len(endings) == _TRIES:
                raise RunnerEnded(endings[-1])
        raise Retryable("the runner's environments are all spent")

    def _invoke(self, request: TestsRequested) -> str | Mapping[str, Any]:
        """Return the function's answer, or how its process ended."""
        payload = request.model_dump_json(by_alias=True).encode()
        try:
            answer = self._client().invoke(FunctionName=self._function, Payload=payload)
            content = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            raise Retryable(f"the runner could not be asked: {error}") from error
        if "FunctionError" not in answer and isinstance(content, dict):
            return content
        failure = content if isinstance(content, dict) else {}
        if failure.get("errorType") == _ENDED:
            return str(failure.get("errorMessage"))
        raise Retryable(f"the runner failed: {failure.get('errorType')}: {failure.get('errorMessage')}")


def _read_answer(answer: Mapping[str, Any]) -> TestsRun:
    try:
        return TestsRun.model_validate(answer)
    except ValidationError as fault:
        raise Retryable(f"the runner's answer cannot be read: {fault.error_count()} faults") from fault
