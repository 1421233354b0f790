"""A project's calls of the language model, from the replies that it stored, its events and the engine's records."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from agenticai.dashboard.services.port import Missing, ObjectEntry
from agenticai.dashboard.services.revisions import Stored
from shared.models import layout
from shared.models.events import EventType, TimelineEvent

if TYPE_CHECKING:
    from agenticai.client.model_cost import Model
    from agenticai.emulator.client import ControlClient
    from agenticai.emulator.core.model_records import ModelExchange
    from shared.models.views import ProjectView

SECOND: Final = timedelta(seconds=1)
"""The resolution of times in S3."""

KEPT: Final = 2_000
"""The number of the engine's latest calls that are kept."""

_KEY: Final = re.compile(r"(\d+)/replies/(\d+)/(.+)-(\d+)\.json")
_MISSED: Final = re.compile(r"No stored reply fits .*?/(?:[a-z0-9-]+-)?([0-9a-f]{32})\.yaml", re.DOTALL)
_TASK: Final = re.compile(r"(\d+\.\d+)-(.+)")


@dataclass(frozen=True)
class ModelCall:
    """A call; None stands for what is unknown.

    `turn` is 2 if the first reply was invalid, `retry` counts the project's earlier retries, and `attempt` the
    deliveries of its message. `error` is the HTTP status of an answer other than 200.
    """

    agent: str
    work: str
    at: datetime
    reply: str
    finish_reason: str
    prompt_tokens: int
    output_tokens: int
    cost_usd: float | None
    turn: int | None = None
    retry: int | None = None
    attempt: int | None = None
    seconds: float | None = None
    system: str | None = None
    prompt: str | None = None
    error: int | None = None


def list_calls(
    project: "ProjectView",
    events: Sequence[TimelineEvent],
    stored: Stored,
    exchanges: "Sequence[ModelExchange] | Missing",
    model: "Model",
) -> list[ModelCall]:
    """Return the calls of a project, the oldest first.

    The agents store each reply, once, before they read it. The engine knows how long a call took and what was asked; a
    recorded call belongs to a stored reply if the text is the same. One without a reply belongs to the project if the
    prompt contains its requirements, and it was made while one of its agents worked.
    """
    prefix = layout.objects(project.id)[layout.FOLDERS.index("plans")]
    entries = [entry for entry in stored.objects(prefix) if _KEY.fullmatch(entry.key.removeprefix(prefix))]
    reply_calls = sorted(
        (_read_call(stored, entry, prefix, events, model) for entry in entries), key=lambda call: call.at
    )
    if isinstance(exchanges, Missing):
        return reply_calls
    unmatched, matched = list(exchanges), list[ModelCall]()
    for call in reply_calls:
        candidates = [
            exchange
            for exchange in unmatched
            if exchange.status == 200 and exchange.reply == call.reply and exchange.at <= call.at + SECOND
        ]
        if candidates:
            unmatched.remove(candidates[-1])
            matched.append(_merge_exchange(call, candidates[-1]))
        else:
            matched.append(call)
    failed = [
        _make_failed_call(exchange, events)
        for exchange in unmatched
        if exchange.status != 200 and _is_asked_by(project, events, exchange)
    ]
    return sorted([*matched, *failed], key=lambda call: call.at)


def _read_call(
    stored: Stored, entry: ObjectEntry, prefix: str, events: Sequence[TimelineEvent], model: "Model"
) -> ModelCall:
    match = _KEY.fullmatch(entry.key.removeprefix(prefix))
    build, retries, name, turn = match.groups() if match else ("0", "0", "", "0")
    key = _find_work_key(build, name, events)
    raw = json.loads(stored.content(entry.key))
    tokens = raw.get("tokens", {})
    prompt, output = int(tokens.get("prompt_tokens", 0)), int(tokens.get("output_tokens", 0))
    return ModelCall(
        agent="pm" if layout.kind_of(key) is layout.ItemKind.PLAN else "dev",
        work=key,
        at=entry.modified,
        reply=str(raw.get("text", "")),
        finish_reason=str(raw.get("detail") or raw.get("finish_reason", "")),
        prompt_tokens=prompt,
        output_tokens=output,
        cost_usd=model.compute_cost_usd(prompt, output, entry.modified.date()),
        turn=int(turn),
        retry=int(retries),
        attempt=_find_attempt(key, entry.modified, events),
    )


def _find_work_key(build: str, name: str, events: Sequence[TimelineEvent]) -> str:
    """Return the key of the work whose reply has this name; a task id may be followed by the one file requested."""
    match = _TASK.fullmatch(name)
    if match is None:
        return layout.plan(int(build))
    keys = {event.work for event in events if event.work.startswith(layout.tasks(match[1]))}
    candidates = [key for key in keys if f"{match[2]}-".startswith(f"{layout.task_of(key)}-")]
    return max(candidates, key=len, default=layout.task(match[1], match[2]))


def _find_attempt(key: str, at: datetime, events: Iterable[TimelineEvent]) -> int | None:
    """Return the attempt that was running at a time."""
    starts = [event for event in events if event.work == key and event.type is EventType.WORK_STARTED]
    return max((event.attempt for event in starts if event.at <= at + SECOND), default=None)


def _merge_exchange(call: ModelCall, exchange: "ModelExchange") -> ModelCall:
    """Return a call with what the engine recorded about it."""
    seconds = exchange.duration_ms / 1000
    return replace(call, at=exchange.at, seconds=seconds, system=exchange.system, prompt=exchange.prompt)


def _make_failed_call(exchange: "ModelExchange", events: Sequence[TimelineEvent]) -> ModelCall:
    work = _find_running_work(events, exchange.at)
    return ModelCall(
        agent=work.agent if work else "",
        work=work.work if work else "",
        at=exchange.at,
        reply=exchange.reply,
        finish_reason=exchange.finish_reason,
        prompt_tokens=exchange.prompt_tokens,
        output_tokens=exchange.output_tokens,
        cost_usd=None,
        attempt=work.attempt if work else None,
        seconds=exchange.duration_ms / 1000,
        system=exchange.system,
        prompt=exchange.prompt,
        error=exchange.status,
    )


def _is_asked_by(project: "ProjectView", events: Sequence[TimelineEvent], exchange: "ModelExchange") -> bool:
    requirements = " ".join(project.requirements.split())
    return requirements in " ".join(exchange.prompt.split()) and _find_running_work(events, exchange.at) is not None


def _find_running_work(events: Sequence[TimelineEvent], at: datetime) -> TimelineEvent | None:
    """Return the start event of the latest work that asks the model and was running at a time."""
    found = None
    for index, event in enumerate(events):
        if event.type is EventType.WORK_STARTED and event.agent in ("pm", "dev") and event.at <= at:
            end = next((later.at for later in events[index + 1 :] if later.work == event.work), None)
            found = event if end is None or at <= end else found
    return found


def find_missing_digest(reason: str) -> str | None:
    """Return the digest of the request whose missing reply failed a project; None if it failed for another reason."""
    match = _MISSED.search(reason)
    return match and match[1]


class EngineCalls:
    """Keeps the latest calls that an engine reports; each look fetches only new ones. Thread-safe."""

    def __init__(self, control: "ControlClient") -> None:
        self._control = control
        self._lock = threading.Lock()
        self._calls: deque[ModelExchange] = deque(maxlen=KEPT)
        self._cursor = 0

    def look(self) -> "Sequence[ModelExchange]":
        """Fetch new calls and return all of them. Raises ControlError."""
        with self._lock:
            history = self._control.model_calls(self._cursor)
            self._cursor = history.next
            self._calls.extend(history.calls)
            return tuple(self._calls)
