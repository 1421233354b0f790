"""The gateway step that answers SQS operations that the engine does not implement."""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.faults.ports import EngineClock
from agenticai.emulator.http.asgi import post, read_ahead
from agenticai.emulator.http.aws_errors import AwsError, Refused, build_error_answer, invalid
from agenticai.emulator.http.operations import FORM_BYTES, find_operation
from agenticai.emulator.http.request import Request, read_request
from agenticai.emulator.queues.moves import MoveTasks, Sqs, get_attributes, list_dead_letter_sources

TARGET = "AmazonSQS."
NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"

# The headers that requests to the engine copy from the client's: its credentials and the host.
CALLERS = frozenset({b"authorization", b"host", b"x-amz-date", b"x-amz-security-token"})

# The query protocol's names for the elements of lists, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/.
ELEMENTS = {"Results": "ListMessageMoveTasksResultEntry", "queueUrls": "QueueUrl"}

Result = dict[str, Any]


class Parameters(BaseModel):
    """Parameters of an operation, by AWS's names; in the query protocol all are text."""

    model_config = ConfigDict(alias_generator=to_pascal, frozen=True)


class StartMessageMoveTask(Parameters):
    """Move a dead-letter queue's messages; without a destination, each to its source queue."""

    source_arn: str = Field(min_length=1)
    destination_arn: str | None = None
    max_number_of_messages_per_second: int | None = Field(default=None, ge=1, le=500)


class ListMessageMoveTasks(Parameters):
    """List the latest tasks of a dead-letter queue."""

    source_arn: str = Field(min_length=1)
    max_results: int = Field(default=1, ge=1, le=10)


class CancelMessageMoveTask(Parameters):
    """Stop a running task."""

    task_handle: str = Field(min_length=1)


class ListDeadLetterSourceQueues(Parameters):
    """List the queues that send dead letters to this one."""

    queue_url: str = Field(min_length=1)
    max_results: int | None = Field(default=None, ge=1, le=1000)
    next_token: int = Field(default=0, ge=0)


class QueueOperations:
    """Answers operations on message move tasks and sources of dead-letter queues, and passes on all other requests.

    It calls the next step in SQS's JSON protocol, with the client's credentials.
    """

    def __init__(
        self,
        app: ASGIApp,
        clock: EngineClock,
        activity: Activity,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._app = app
        self._new_id = new_id
        self._tasks = MoveTasks(clock, activity, new_id)
        self._operations: Mapping[str, Callable[[Sqs, Any], Awaitable[Result]]] = {
            "StartMessageMoveTask": self._start,
            "ListMessageMoveTasks": self._list,
            "CancelMessageMoveTask": self._cancel,
            "ListDeadLetterSourceQueues": self._list_sources,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_request(scope) if scope["type"] == "http" else None
        if request is None or request.service != "sqs":
            await self._app(scope, receive, send)
            return
        form = b""
        if request.is_form:
            form, receive = await read_ahead(receive, FORM_BYTES)
        operation = find_operation(request, "sqs", form.decode("latin-1"))
        if operation not in self._operations:
            await self._app(scope, receive, send)
            return
        body, _ = await read_ahead(receive)
        try:
            result = await self._operations[operation](
                self._make_sqs_caller(scope), read_parameters(operation, request, body)
            )
            answer = write_answer(operation, result, request, self._new_id())
        except Refused as refused:
            answer = build_error_answer(refused.error, request, "sqs", self._new_id())
        await answer(scope, receive, send)

    def _make_sqs_caller(self, scope: Scope) -> Sqs:
        """Return a caller of SQS with the client's permissions; it also works after the request was answered."""
        caller = [(name, value) for name, value in scope["headers"] if name.lower() in CALLERS]

        async def call_sqs(operation: str, **parameters: Any) -> Mapping[str, Any]:
            headers = [
                *caller,
                (b"content-type", b"application/x-amz-json-1.0"),
                (b"x-amz-target", f"{TARGET}{operation}".encode()),
            ]
            answer = await post(self._app, scope, json.dumps(parameters).encode(), headers)
            result: dict[str, Any] = json.loads(bytes(answer.body) or b"{}")
            if answer.status_code >= 400:
                code = str(result.get("__type", answer.status_code)).rpartition("#")[2]
                raise Refused(AwsError(code, str(result.get("message", code)), answer.status_code))
            return result

        return call_sqs

    async def _start(self, sqs: Sqs, parameters: StartMessageMoveTask) -> Result:
        per_second = parameters.max_number_of_messages_per_second
        return {
            "TaskHandle": await self._tasks.start(
                sqs, parameters.source_arn, parameters.destination_arn or None, per_second
            )
        }

    async def _list(self, sqs: Sqs, parameters: ListMessageMoveTasks) -> Result:
        tasks = await self._tasks.list_latest(sqs, parameters.source_arn, parameters.max_results)
        return {"Results": [task.to_entry() for task in tasks]}

    async def _cancel(self, sqs: Sqs, parameters: CancelMessageMoveTask) -> Result:
        return {"ApproximateNumberOfMessagesMoved": self._tasks.cancel(parameters.task_handle).moved}

    async def _list_sources(self, sqs: Sqs, parameters: ListDeadLetterSourceQueues) -> Result:
        arn = (await get_attributes(sqs, parameters.queue_url))["QueueArn"]
        urls = await list_dead_letter_sources(sqs, arn)
        end = parameters.next_token + (parameters.max_results or 1000)
        more = parameters.max_results is not None and end < len(urls)
        return {"queueUrls": urls[parameters.next_token : end]} | ({"NextToken": str(end)} if more else {})


MODELS: Mapping[str, type[Parameters]] = {
    model.__name__: model
    for model in (StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask, ListDeadLetterSourceQueues)
}


def read_parameters(operation: str, request: Request, body: bytes) -> Parameters:
    """Return the parameters of a request in either protocol. Raises Refused."""
    try:
        if "x-amz-target" in request.headers:
            return MODELS[operation].model_validate_json(body or b"{}")
        fields = parse_qsl(f"{request.query}&{body.decode('latin-1')}")
        return MODELS[operation].model_validate(dict(fields))
    except ValidationError as error:
        first = error.errors()[0]
        name = "".join(map(str, first["loc"]))
        if first["type"] in ("missing", "string_too_short"):
            message = f"The request must contain the parameter {name}."
            raise Refused(AwsError("MissingParameter", message)) from error
        raise invalid(f"Value {first['input']} for parameter {name} is invalid. Reason: {first['msg']}.") from error


def write_answer(operation: str, result: Result, request: Request, request_id: str) -> Response:
    """Return the answer in the protocol of the request."""
    if "x-amz-target" in request.headers:
        headers = {"x-amzn-requestid": request_id}
        return Response(json.dumps(result), 200, headers, "application/x-amz-json-1.0")
    body = (
        f'<?xml version="1.0"?><{operation}Response xmlns="{NAMESPACE}">'
        f"<{operation}Result>{as_xml(result)}</{operation}Result>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Response(body, 200, {"x-amzn-requestid": request_id}, "text/xml")


def as_xml(result: Result) -> str:
    """Return the members of a result as XML elements; lists are flattened."""
    written_members: list[str] = []
    for name, value in result.items():
        for element in value if isinstance(value, list) else [value]:
            inner = as_xml(element) if isinstance(element, dict) else escape(str(element))
            written_members.append(f"<{ELEMENTS.get(name, name)}>{inner}</{ELEMENTS.get(name, name)}>")
    return "".join(written_members)
