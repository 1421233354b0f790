"""The Lambda function behind the port: its answers, its exits, and its retries."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.models.errors import Retryable
from shared.models.runs import TestsRun
from shared.runners.lambda_function import LambdaRunner
from shared.runners.port import RunnerEnded
from tests.handlers.runner.asking import request

RUN = TestsRun(language="python", trouble="There are none.")
ENDED = {
    "errorType": "Runtime.ExitError",
    "errorMessage": "RequestId: 1 Error: Runtime exited with error: exit status 1",
}
TIMED_OUT = {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 120.00 seconds"}
THROTTLED = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}}, "Invoke")


class FakeLambda:
    """Answers each invocation with the next of `answers`: a document, an error's document, or an exception to raise."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        failed = {"FunctionError": "Unhandled"} if isinstance(answer, dict) and "errorType" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


def ask(client: FakeLambda) -> TestsRun:
    def connect() -> Any:
        return client

    return LambdaRunner(connect, "runner:live").run(request({"test_it.py": ""}))


def test_the_function_is_asked_with_the_files_and_its_answer_read() -> None:
    client = FakeLambda(RUN.model_dump(mode="json", by_alias=True))
    assert ask(client) == RUN
    (asked,) = client.asked
    assert asked["FunctionName"] == "runner:live"
    assert json.loads(asked["Payload"]) == request({"test_it.py": ""}).model_dump(mode="json", by_alias=True)


def test_an_environment_that_is_used_up_is_followed_by_another() -> None:
    assert ask(FakeLambda(ENDED, RUN.model_dump(mode="json", by_alias=True))) == RUN


def test_what_ends_the_runner_again_is_told() -> None:
    with pytest.raises(RunnerEnded, match="exit status 1"):
        ask(FakeLambda(ENDED, ENDED))


def test_environments_that_are_spent_do_not_count() -> None:
    spent = {**ENDED, "errorMessage": "RequestId: 1 Error: Runtime exited with error: exit status 75"}
    assert ask(FakeLambda(spent, spent, ENDED, spent, RUN.model_dump(mode="json", by_alias=True))) == RUN
    client = FakeLambda(*[spent] * 20)
    with pytest.raises(Retryable, match="spent"):
        ask(client)
    assert len(client.asked) == 12


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TIMED_OUT, "the runner failed: Sandbox.Timedout: Task timed out after 120.00 seconds"),
        (THROTTLED, "the runner could not be asked: .*Rate Exceeded"),
        (ReadTimeoutError(endpoint_url="http://engine"), "the runner could not be asked: Read timeout"),
        ({"schema": "tests-run/1"}, "the runner's answer cannot be read: 1 faults"),
        ("text", "the runner failed: None: None"),
    ],
    ids=["timeout", "throttled", "unanswered", "unreadable", "no document"],
)
def test_what_may_be_otherwise_later_is_tried_again_later(answer: Any, words: str) -> None:
    client = FakeLambda(answer)
    with pytest.raises(Retryable, match=words):
        ask(client)
    assert len(client.asked) == 1
