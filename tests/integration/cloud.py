"""One engine through boto3 and the control client, with helpers for frequent actions of tests."""

import io
import json
import os
import textwrap
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.usage_records import CallCount, FinishedInvocation
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

CASSETTES = Path(__file__).parent / "cassettes"
NEVER_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """The result of an invocation."""

    error: str | None
    payload: Any


class Cloud:
    """One engine through boto3."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        session = new_session()
        self.lambda_: LambdaClient = session.client("lambda", endpoint_url=endpoint_url)
        self.sqs: SQSClient = session.client("sqs", endpoint_url=endpoint_url)
        self.logs: CloudWatchLogsClient = session.client("logs", endpoint_url=endpoint_url)
        self.control = ControlClient(endpoint_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in (self.lambda_, self.sqs, self.logs, self.control):
            client.close()

    def deploy(
        self, source: str, *, timeout: int = 30, layers: tuple[str, ...] = (), role: str = "any", **variables: str
    ) -> str:
        """Create a function from one module and return its name."""
        name = f"f-{uuid.uuid4().hex[:8]}"
        self.lambda_.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=f"arn:aws:iam::000000000000:role/{role}",
            Handler="app.handler",
            Code={"ZipFile": bundle(**{"app.py": textwrap.dedent(source)})},
            Timeout=timeout,
            Layers=list(layers),
            Environment={"Variables": variables},
        )
        return name

    def invoke(self, name: str, event: object = None) -> Answer:
        answer = self.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
        return Answer(answer.get("FunctionError"), json.loads(answer["Payload"].read()))

    def connect(self, name: str, visibility_timeout_s: int = 60) -> str:
        """Create a queue that feeds the function and return its URL."""
        visibility = str(visibility_timeout_s)
        created = self.sqs.create_queue(QueueName=f"q-{name}", Attributes={"VisibilityTimeout": visibility})
        url = created["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.lambda_.create_event_source_mapping(FunctionName=name, EventSourceArn=arn, BatchSize=1)
        return url

    def depth(self, url: str) -> int:
        """Return the number of messages in the queue, including invisible ones."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesNotVisible"])

    def logged(self, name: str) -> list[str]:
        """Return the content of a function's log group, if it exists."""
        try:
            events = self.logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip("\n") for event in events]

    def finished(self, name: str) -> list[FinishedInvocation]:
        return [done for done in self.control.invocations() if done.function == name]

    def calls(self, name: str, project_id: str | None = None) -> dict[tuple[str, str, str], CallCount]:
        """Return the calls of a function or its event source mapping."""
        rows = self.control.usage(project_id).calls
        return {(row.caller, row.service, row.operation): row for row in rows if row.function == name}


def bundle(**files: str) -> bytes:
    """Return a zip file in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()


def eventually(condition: Callable[[], object]) -> None:
    """Wait until the condition is true; fail if it never is, after a time that suffices on busy machines."""
    deadline, pause = time.monotonic() + NEVER_SECONDS, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        pause.wait(0.02)


def alive(pid: int) -> bool:
    """Return whether a process is running; one that has ended but was not reaped is not."""
    try:
        os.kill(pid, 0)
        return not Path("/proc").is_dir() or _state(pid) not in "ZX"
    except (ProcessLookupError, FileNotFoundError):  # it may end at any moment, also between two checks
        return False


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
