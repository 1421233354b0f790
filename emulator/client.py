"""The typed client of a running engine's control API."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import TypeAdapter, ValidationError

from agenticai.emulator.core.bench_records import (
    AdvanceRequest,
    AlarmNow,
    ClockReading,
    DepthHistory,
    Dispatch,
    DispatchRequest,
    HistoryRequest,
    MessagePage,
    ModelRequest,
    ModelUse,
    PageRequest,
    QueuesNow,
    ReceivedMessage,
    ReceiveRequest,
    Settled,
    SettleRequest,
    StartAheadRequest,
    StoredAnswer,
    StoredRequest,
)
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.core.model_records import CallsRequest, MissedReply, ModelHistory, ReplyRequest, StoredReply
from agenticai.emulator.core.permission_records import PermissionReport
from agenticai.emulator.core.usage_records import (
    EngineHealth,
    FinishedInvocation,
    FunctionActivity,
    Record,
    Usage,
    UsageByProject,
)
from agenticai.emulator.faults.rules import ActiveRule, Fault, Fired, RecordedCall

CONTROL_TOKEN = "AGENTICAI_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable with the control API's secret."""

FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class ControlClient(AbstractContextManager["ControlClient"]):
    """Reads a running engine's health and usage, and controls its messages, clock and faults.

    `endpoint_url` is the engine's, such as `http://127.0.0.1:4566`. `token` is the secret of an engine that other
    machines can reach; by default it is AGENTICAI_CONTROL_TOKEN in `environ`.

    Every method raises ControlError if the engine gives no usable answer, or if the request is not possible, such as
    setting the clock back.
    """

    def __init__(
        self,
        endpoint_url: str,
        timeout_s: float = 60.0,
        *,
        token: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._timeout_s = timeout_s
        secret = token or environ.get(CONTROL_TOKEN)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
        # Proxies of the environment are ignored: none leads to an engine.
        self._http = httpx2.Client(
            base_url=f"{endpoint_url}/_harness/", timeout=timeout_s, headers=headers, trust_env=False
        )

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def health(self) -> EngineHealth:
        """Return whether the engine serves."""
        return self._get("health", TypeAdapter(EngineHealth))

    def usage(self, project_id: str | None = None) -> Usage:
        """Return the AWS calls and Lambda usage of one project, or the total if `project_id` is None."""
        return self._get("usage", TypeAdapter(Usage), {"project_id": project_id} if project_id else {})

    def usage_by_project(self, since: int = 0) -> UsageByProject:
        """Return the total usage, and that of projects with usage since `since`, the `next` of an earlier answer."""
        return self._get("usage/projects", TypeAdapter(UsageByProject), {"since": str(since)})

    def invocations(self) -> tuple[FinishedInvocation, ...]:
        """Return the latest 1,000 finished invocations and the latest 1,000 failed ones, the oldest first.

        They go back to the last `forget_usage` at most.
        """
        return self._get("invocations", TypeAdapter(tuple[FinishedInvocation, ...]))

    def permissions(self) -> PermissionReport:
        """Return what functions' roles grant, which grants were used, and what was denied, since the engine started."""
        return self._get("permissions", TypeAdapter(PermissionReport))

    def activity(self) -> tuple[FunctionActivity, ...]:
        """Return the activity of each function that was invoked or started ahead, by name."""
        return self._get("functions", TypeAdapter(tuple[FunctionActivity, ...]))

    def forget_usage(self) -> None:
        """Reset `usage` and `invocations`."""
        self._send("DELETE", "usage")

    def start_ahead(self, functions: Iterable[str]) -> None:
        """Start an environment of each of these functions in the background, one after the other."""
        self._send("POST", "start-ahead", build_request(StartAheadRequest, functions=tuple(functions)))

    def dispatch(self, mode: Dispatch) -> None:
        """Set how messages are delivered: at any time, or one by one and only during `settle`."""
        self._send("PUT", "dispatch", build_request(DispatchRequest, mode=mode))

    def dispatching(self) -> Dispatch:
        """Return how messages are delivered now."""
        return self._get("dispatch", TypeAdapter(DispatchRequest)).mode

    def settle(self, *, deliveries: int | None = None, skip: bool = True, timeout_s: float = 60.0) -> Settled:
        """Work until no message is left and no function runs, a fault holds a call, or `deliveries` are done.

        With `skip` the clock jumps to whatever is due next: the end of a visibility timeout, a delay, a wait, or a
        function's timeout. Calls that a fault holds are released first. `timeout_s` is real time, more than 0, after
        which it raises ControlError; `deliveries` is at least 0, or None for all.
        """
        request = build_request(SettleRequest, deliveries=deliveries, skip=skip, timeout_s=timeout_s)
        response = self._send("POST", "settle", request, timeout_s=request.timeout_s + self._timeout_s)
        return self._parse(response, TypeAdapter(Settled))

    def clock(self) -> ClockReading:
        """Return the engine's time."""
        return self._get("clock", TypeAdapter(ClockReading))

    def advance(self, seconds: float) -> ClockReading:
        """Advance the clock of the engine and all functions by `seconds`, more than 0."""
        response = self._send("POST", "clock/advance", build_request(AdvanceRequest, seconds=seconds))
        return self._parse(response, TypeAdapter(ClockReading))

    def faults(self, schedule: Sequence[Fault]) -> None:
        """Replace the fault rules, and reset the counts, the recorded calls and the applied faults."""
        self._send("PUT", "faults", TypeAdapter(tuple[Fault, ...]).dump_json(tuple(schedule)))

    def rules(self) -> tuple[ActiveRule, ...]:
        """Return the active fault rules with their counts, in order."""
        return self._get("faults", TypeAdapter(tuple[ActiveRule, ...]))

    def add_fault(self, fault: Fault) -> None:
        """Append a fault rule; the other rules keep their counts."""
        self._send("POST", "faults", FAULT.dump_json(fault))

    def remove_fault(self, rule: int) -> None:
        """Remove a fault rule, by its number in `rules`; the others keep their counts."""
        self._send("DELETE", f"faults/{rule}")

    def fired(self) -> tuple[Fired, ...]:
        """Return the faults that were applied since the rules were set."""
        return self._get("faults/fired", TypeAdapter(tuple[Fired, ...]))

    def calls(self) -> tuple[RecordedCall, ...]:
        """Return the calls that functions made since the fault rules were set, in order."""
        return self._get("calls", TypeAdapter(tuple[RecordedCall, ...]))

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        """Return messages of a queue, by its name, without receiving them; `after` is the `next` of the last page.

        `limit` is 1 to 1,000; a page also ends before its bodies exceed 4 MiB.
        """
        request = build_request(PageRequest, after=after, limit=limit)
        parameters = {name: str(value) for name, value in request.model_dump(exclude_none=True).items()}
        return self._get(f"queues/{quote(queue, safe='')}/messages", TypeAdapter(MessagePage), parameters)

    def queues(self) -> QueuesNow:
        """Return the depth of each queue and the age of its oldest message; does not count as use of the queues."""
        return self._get("queues", TypeAdapter(QueuesNow))

    def depths(self, since: int = 0, limit: int = 10_000) -> DepthHistory:
        """Return the changes of queues' depths; `since` is the `next` of the last history, 0 for all that are kept."""
        request = build_request(HistoryRequest, since=since, limit=limit)
        parameters = {name: str(value) for name, value in request.model_dump().items()}
        return self._get("queues/history", TypeAdapter(DepthHistory), parameters)

    def receive(self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = 30) -> tuple[ReceivedMessage, ...]:
        """Receive exactly these messages of a queue, at most ten, except those that are not visible."""
        request = build_request(ReceiveRequest, ids=tuple(ids), visibility_timeout_s=visibility_timeout_s)
        response = self._send("POST", f"queues/{quote(queue, safe='')}/receive", request)
        return self._parse(response, TypeAdapter(tuple[ReceivedMessage, ...]))

    def alarms(self) -> tuple[AlarmNow, ...]:
        """Return the state of each CloudWatch alarm, by name, evaluated up to the engine's current minute."""
        return self._get("alarms", TypeAdapter(tuple[AlarmNow, ...]))

    def model(self) -> ModelUse:
        """Return where the language model's replies come from, and its use since the engine started."""
        return self._get("model/use", TypeAdapter(ModelUse))

    def stored_replies(self, requests: Iterable[ModelRequest]) -> tuple[bool, ...]:
        """Return for each request whether its reply is stored, if the engine answers with stored replies."""
        response = self._send("POST", "model/stored", build_request(StoredRequest, requests=tuple(requests)))
        return self._parse(response, TypeAdapter(StoredAnswer)).stored

    def model_calls(self, since: int = 0) -> ModelHistory:
        """Return the language model's calls; `since` is the `next` of the last history, 0 for all that are kept."""
        request = build_request(CallsRequest, since=since)
        return self._get("model/calls", TypeAdapter(ModelHistory), {"since": str(request.since)})

    def missed_replies(self) -> tuple[MissedReply, ...]:
        """Return the requests that still have no stored reply, the newest first."""
        return self._get("model/missed", TypeAdapter(tuple[MissedReply, ...]))

    def store_reply(
        self, digest: str, text: str, *, prompt_tokens: int | None = None, output_tokens: int | None = None
    ) -> StoredReply:
        """Store a reply to one of the `missed_replies`, for the next time it is requested."""
        request = build_request(
            ReplyRequest, digest=digest, text=text, prompt_tokens=prompt_tokens, output_tokens=output_tokens
        )
        return self._parse(self._send("POST", "model/replies", request), TypeAdapter(StoredReply))

    def _get(self, path: str, kind: TypeAdapter[T], parameters: dict[str, str] | None = None) -> T:
        return self._parse(self._request("GET", path, params=parameters), kind)

    def _send(
        self, method: str, path: str, body: Record | bytes = b"", *, timeout_s: float | None = None
    ) -> httpx2.Response:
        content = body.model_dump_json().encode() if isinstance(body, Record) else body
        return self._request(method, path, content=content, timeout=timeout_s or self._timeout_s)

    def _request(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise ControlError(f"The engine at {self._http.base_url} did not answer {path}: {error}") from error
        if not response.is_success:
            raise ControlError(f"The engine at {self._http.base_url} refused {path}: {response.text}")
        return response

    def _parse(self, response: httpx2.Response, kind: TypeAdapter[T]) -> T:
        try:
            return kind.validate_json(response.content)
        except ValidationError as error:
            raise ControlError(f"The engine's answer is not what this version expects: {error}") from error


def build_request(kind: type[R], **values: object) -> R:
    """Build a request body for the control API. Raises ControlError if the values are invalid."""
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name, reason = ".".join(map(str, first["loc"])), first["msg"].replace("Input", "it", 1)
        raise ControlError(f"Invalid request: {name} = {first['input']!r}: {reason}.") from error
