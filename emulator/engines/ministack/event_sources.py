"""SQS event source mappings: when a message reaches its function, one by one where that is asked for."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.batch_response import read_failed_ids
from agenticai.emulator.engines.ministack.receivable import EngineQueue, receivable

# MiniStack's mappings are dictionaries.
SourceMapping = Mapping[str, Any]
NEVER = float("inf")


class EventSources:
    """Stands between MiniStack's poller, which it takes over while dispatch is stepped, and the functions.

    Stepped, nothing is delivered but by `deliver_one`, and the message that became visible first goes first, whatever
    its queue: the same messages then always arrive in the same order.
    """

    def __init__(self, lambda_svc: Any, sqs: Any, activity: Activity) -> None:
        self._stepped = False
        self._polling = threading.Lock()
        self._may_deliver = False
        self._lambda = lambda_svc
        self._sqs = sqs
        self._activity = activity
        self._poll: Callable[[], bool] = lambda_svc._poll_sqs
        self._all: Callable[[], Iterator[tuple[str, str, SourceMapping]]] = lambda_svc._iter_all_esms

    def take_over(self) -> None:
        """Put itself in the place of MiniStack's poller."""
        service = self._lambda
        service._poll_sqs = self._poll_by_itself
        service._iter_all_esms = self._in_order
        service._sqs_esm_concurrency = self._limited(service._sqs_esm_concurrency)
        service._dispatch_esm_batch = self._counted(service._dispatch_esm_batch)

    @property
    def stepped(self) -> bool:
        """Whether messages are delivered by `deliver_one` only."""
        return self._stepped

    @stepped.setter
    def stepped(self, stepped: bool) -> None:
        with self._polling:  # so that nothing is delivered in the other way once this is set
            self._stepped = stepped

    def deliver_one(self) -> bool:
        """Hand the next message to its function, if dispatch is stepped, there is one, and nothing is worked on."""
        with self._polling:
            self._may_deliver = self._activity.idle
            return self._stepped and self._poll()

    def deliverable(self) -> bool:
        """Return whether a batch is ready whose mapping does not pause after an error."""
        now = time.time()
        return any(
            max(batch_ready(mapping, queue, now), self._pauses_until(mapping)) <= now
            for mapping, queue in self._sources()
        )

    def due(self) -> list[float]:
        """Return when messages become visible, batching windows end, and mappings that pause go on."""
        now = time.time()
        visible = [message["visible_at"] for _, queue in self._sources() for message in queue["messages"]]
        ready = [
            max(batch_ready(mapping, queue, now), self._pauses_until(mapping)) for mapping, queue in self._sources()
        ]
        return [moment for moment in (*visible, *ready) if now < moment < NEVER]

    def look(self) -> None:
        """Have MiniStack's poller look at once."""
        self._lambda._esm_wake.set()

    def _poll_by_itself(self) -> bool:
        with self._polling:
            if self._stepped:
                return False
            # What is received is on its way to a function before it is dispatched: its visibility is not to be skipped.
            with self._activity.batch():
                return self._poll()

    def _in_order(self) -> Iterator[tuple[str, str, SourceMapping]]:
        now = time.time()
        ready = {mapping["UUID"]: batch_ready(mapping, queue, now) for mapping, queue in self._sources()}
        mappings = [scoped for scoped in self._all() if ready.get(scoped[2]["UUID"], now) <= now]
        if self._stepped:
            mappings.sort(key=lambda scoped: ready.get(scoped[2]["UUID"], NEVER))
        return iter(mappings)

    def _limited(self, original: Callable[..., int]) -> Callable[..., int]:
        def limit(*arguments: Any) -> int:
            # One poll asks for each mapping, in order. What the answer is must not change meanwhile: neither because
            # MiniStack still counts a batch that has ended, nor because the one that was just dispatched has ended.
            if self._stepped:
                return sys.maxsize if self._may_deliver else 0
            return original(*arguments)

        return limit

    def _counted(self, original: Callable[..., None]) -> Callable[..., None]:
        """A batch counts from when it is received until its messages are deleted."""

        def dispatch(mapping_id: str, run: Callable[..., None], *rest: Any) -> None:
            counted = contextlib.ExitStack()
            counted.enter_context(self._activity.batch())
            self._may_deliver = False

            def run_counted(*arguments: Any) -> None:
                with counted:
                    run(*arguments)

            original(mapping_id, run_counted, *rest)

        return dispatch

    def _sources(self) -> Iterator[tuple[SourceMapping, EngineQueue]]:
        queues = {queue["attributes"]["QueueArn"]: queue for queue in list(self._sqs._queues._data.values())}
        for _, _, mapping in self._all():
            if mapping.get("Enabled", True) and (queue := queues.get(mapping["EventSourceArn"])):
                yield mapping, queue

    def _pauses_until(self, mapping: SourceMapping) -> float:
        pauses: Mapping[tuple[str, ...], float] = self._lambda._esm_backoff_until._data
        return next((until for key, until in pauses.items() if key[-1] == mapping["UUID"]), 0.0)


def batch_ready(mapping: SourceMapping, queue: EngineQueue, now: float) -> float:
    """Return when, in epoch seconds, what is visible now is or was a batch; NEVER where nothing is visible.

    That is when there is one message, but with a batching window when there are BatchSize of them or the window ends:
    see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching.
    """
    visible = [float(message["visible_at"]) for message in receivable(queue, now)]
    if not visible:
        return NEVER
    # A change of a stack can leave these numbers as the template has them, as text.
    full = len(visible) >= int(mapping["BatchSize"])
    return min(visible) + (0 if full else int(mapping["MaximumBatchingWindowInSeconds"]))


def correct_answers(execute: Callable[[Any, Any], dict[str, Any]]) -> Callable[[Any, Any], dict[str, Any]]:
    """Have a batch's answer read as AWS reads it: MiniStack takes an item that names nothing as no failure."""

    def execute_corrected(function: Any, event: Any) -> dict[str, Any]:
        result = execute(function, event)
        if "error" not in result and (ids := message_ids(event)):
            failures = [{"itemIdentifier": message_id} for message_id in read_failed_ids(result.get("body"), ids)]
            return {**result, "body": {"batchItemFailures": failures}}
        return result

    return execute_corrected


def message_ids(event: Any) -> list[str]:
    """Return the ids of a batch's messages; none where the event is no batch of SQS messages."""
    records = event.get("Records", []) if isinstance(event, dict) else []
    return [record["messageId"] for record in records if record.get("eventSource") == "aws:sqs"]
