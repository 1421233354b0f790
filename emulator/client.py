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
"""The environment variable with the secret."""

FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class ControlClient(AbstractContextManager["ControlClient"]):
    """Asks a running engine for its health and for what was used, and steers its messages, clock and faults.

    `endpoint_url` is the engine's, such as `http://127.0.0.1:4566`. `token` is the secret of an engine that is reached
    from other machines; without one it is taken from AGENTICAI_CONTROL_TOKEN in `environ`.

    Every method raises ControlError: when the engine gives no usable answer, and when it is asked for what cannot be,
    such as a clock that goes back.
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
        # No proxy of the environment leads to an engine.
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
        """Return AWS calls and Lambda use of one project, or of all and none together when it is None."""
        return self._get("usage", TypeAdapter(Usage), {"project_id": project_id} if project_id else {})

    def usage_by_project(self, since: int = 0) -> UsageByProject:
        """Return what all used, and each project that used something since the `next` of an earlier answer."""
        return self._get("usage/projects", TypeAdapter(UsageByProject), {"since": str(since)})

    def invocations(self) -> tuple[FinishedInvocation, ...]:
        """Return the latest 1,000 invocations that ended, and the latest 1,000 that failed, the oldest first.

        They are those since they were last forgotten.
        """
        return self._get("invocations", TypeAdapter(tuple[FinishedInvocation, ...]))

    def permissions(self) -> PermissionReport:
        """Return what functions' roles grant, what was used of it, and what was denied, since the engine started."""
        return self._get("permissions", TypeAdapter(PermissionReport))

    def activity(self) -> tuple[FunctionActivity, ...]:
        """Return what each function is doing that was invoked, or was started ahead, by name."""
        return self._get("functions", TypeAdapter(tuple[FunctionActivity, ...]))

    def forget_usage(self) -> None:
        """Have `usage` and `invocations` begin anew, as if nothing had been called or invoked yet."""
        self._send("DELETE", "usage")

    def start_ahead(self, functions: Iterable[str]) -> None:
        """Have an environment of each of these functions started in the background, one after the other."""
        self._send("POST", "start-ahead", asking(StartAheadRequest, functions=tuple(functions)))

    def dispatch(self, mode: Dispatch) -> None:
        """Choose how messages reach functions: at any time, or one by one and only inside of `settle`."""
        self._send("PUT", "dispatch", asking(DispatchRequest, mode=mode))

    def dispatching(self) -> Dispatch:
        """Return how messages reach functions now."""
        return self._get("dispatch", TypeAdapter(DispatchRequest)).mode

    def settle(self, *, deliveries: int | None = None, skip: bool = True, timeout_s: float = 60.0) -> Settled:
        """Work until no message is left and no function runs, a fault holds a call, or `deliveries` are done.

        With `skip` the clock jumps to whatever is due next: a visibility timeout, a delay, a wait, a function's
        timeout. What a fault held before is let go first. `timeout_s` is real time, and more than 0; `deliveries` is
        at least 0, or None for all there are. ControlError says, too, that the engine was still busy.
        """
        wanted = asking(SettleRequest, deliveries=deliveries, skip=skip, timeout_s=timeout_s)
        response = self._send("POST", "settle", wanted, timeout_s=wanted.timeout_s + self._timeout_s)
        return self._parse(response, TypeAdapter(Settled))

    def clock(self) -> ClockReading:
        """Return the engine's time."""
        return self._get("clock", TypeAdapter(ClockReading))

    def advance(self, seconds: float) -> ClockReading:
        """Move the engine's clock, and that of all functions, forward by so many seconds, more than 0."""
        response = self._send("POST", "clock/advance", asking(AdvanceRequest, seconds=seconds))
        return self._parse(response, TypeAdapter(ClockReading))

    def faults(self, schedule: Sequence[Fault]) -> None:
        """Set the fault rules in place of those before, and forget what was counted, recorded and fired."""
        self._send("PUT", "faults", TypeAdapter(tuple[Fault, ...]).dump_json(tuple(schedule)))

    def rules(self) -> tuple[ActiveRule, ...]:
        """Return the fault rules that are on, with what each has met, in their order."""
        return self._get("faults", TypeAdapter(tuple[ActiveRule, ...]))

    def add_fault(self, fault: Fault) -> None:
        """Add a fault rule behind those that are on, which go on counting."""
        self._send("POST", "faults", FAULT.dump_json(fault))

    def remove_fault(self, rule: int) -> None:
        """Take a fault rule off, by the number that `rules` gives; the others go on counting."""
        self._send("DELETE", f"faults/{rule}")

    def fired(self) -> tuple[Fired, ...]:
        """Return the faults that were applied since the rules were set."""
        return self._get("faults/fired", TypeAdapter(tuple[Fired, ...]))

    def calls(self) -> tuple[RecordedCall, ...]:
        """Return the calls that functions made since the fault rules were set, in order."""
        return self._get("calls", TypeAdapter(tuple[RecordedCall, ...]))

    def messages(self, queue: str, *, after: str | None = None, limit: int = 100) -> MessagePage:
        """Return messages of a queue, by its name, without receiving them; `after` is the `next` of the page before.

        `limit` is 1 to 1,000; a page also ends where its bodies would be more than 4 MiB.
        """
        asked = asking(PageRequest, after=after, limit=limit)
        parameters = {name: str(value) for name, value in asked.model_dump(exclude_none=True).items()}
        return self._get(f"queues/{quote(queue, safe='')}/messages", TypeAdapter(MessagePage), parameters)

    def queues(self) -> QueuesNow:
        """Return how deep each queue is, and how old its oldest message, without counting as a look at any."""
        return self._get("queues", TypeAdapter(QueuesNow))

    def depths(self, since: int = 0, limit: int = 10_000) -> DepthHistory:
        """Return how queues' depths changed; `since` is the `next` of the history before, 0 for all that is kept."""
        asked = asking(HistoryRequest, since=since, limit=limit)
        parameters = {name: str(value) for name, value in asked.model_dump().items()}
        return self._get("queues/history", TypeAdapter(DepthHistory), parameters)

    def receive(self, queue: str, ids: Iterable[str], *, visibility_timeout_s: int = 30) -> tuple[ReceivedMessage, ...]:
        """Receive these messages of a queue, ten at the most; those that nobody can receive now are left out."""
        wanted = asking(ReceiveRequest, ids=tuple(ids), visibility_timeout_s=visibility_timeout_s)
        response = self._send("POST", f"queues/{quote(queue, safe='')}/receive", wanted)
        return self._parse(response, TypeAdapter(tuple[ReceivedMessage, ...]))

    def alarms(self) -> tuple[AlarmNow, ...]:
        """Return the state of each CloudWatch alarm, by name, evaluated up to the engine's present minute."""
        return self._get("alarms", TypeAdapter(tuple[AlarmNow, ...]))

    def model(self) -> ModelUse:
        """Return where the language model's replies come from, and what it was asked since the engine started."""
        return self._get("model/use", TypeAdapter(ModelUse))

    def stored_replies(self, requests: Iterable[ModelRequest]) -> tuple[bool, ...]:
        """Return whether the reply to each of these requests is stored, where the engine answers with stored ones."""
        response = self._send("POST", "model/stored", asking(StoredRequest, requests=tuple(requests)))
        return self._parse(response, TypeAdapter(StoredAnswer)).stored

    def model_calls(self, since: int = 0) -> ModelHistory:
        """Return the language model's calls; `since` is the `next` of the history before, 0 for all that is kept."""
        asked = asking(CallsRequest, since=since)
        return self._get("model/calls", TypeAdapter(ModelHistory), {"since": str(asked.since)})

    def missed_replies(self) -> tuple[MissedReply, ...]:
        """Return the requests that had no stored reply and have none yet, the newest first."""
        return self._get("model/missed", TypeAdapter(tuple[MissedReply, ...]))

    def store_reply(
        self, digest: str, text: str, *, prompt_tokens: int | None = None, output_tokens: int | None = None
    ) -> StoredReply:
        """Store a reply to one of the `missed_replies`, for whoever asks that next."""
        wanted = asking(
            ReplyRequest, digest=digest, text=text, prompt_tokens=prompt_tokens, output_tokens=output_tokens
        )
        return self._parse(self._send("POST", "model/replies", wanted), TypeAdapter(StoredReply))

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


def asking(kind: type[R], **values: object) -> R:
    """Build what is sent to the control API. Raises ControlError when it cannot be asked for."""
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name, reason = ".".join(map(str, first["loc"])), first["msg"].replace("Input", "it", 1)
        raise ControlError(f"Invalid request: {name} = {first['input']!r}: {reason}.") from error
