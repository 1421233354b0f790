"""SQS event source mappings: when messages are delivered to functions, one by one if dispatch is stepped."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.batch_response import read_failed_ids
from agenticai.emulator.engines.ministack.receivable import EngineQueue, list_receivable

# MiniStack's mappings are dictionaries.
SourceMapping = Mapping[str, Any]
NEVER = float("inf")


class EventSources:
    """Controls MiniStack's poller, and replaces it while dispatch is stepped.

    If dispatch is stepped, only `deliver_one` delivers messages, in the order in which they became visible, across all
    queues: so the same messages always arrive in the same order.
    """

    def __init__(self, lambda_svc: Any, sqs: Any, activity: Activity) -> None:
        self._stepped = False
        self._polling = threading.Lock()
        self._may_deliver = False
        self._lambda = lambda_svc
        self._sqs = sqs
        self._activity = activity
        self._poll: Callable[[], bool] = lambda_svc._poll_sqs
        self._list_mappings: Callable[[], Iterator[tuple[str, str, SourceMapping]]] = lambda_svc._iter_all_esms

    def take_over(self) -> None:
        """Replace MiniStack's poller."""
        service = self._lambda
        service._poll_sqs = self._poll_unless_stepped
        service._iter_all_esms = self._list_ready_mappings
        service._sqs_esm_concurrency = self._limit_concurrency(service._sqs_esm_concurrency)
        service._dispatch_esm_batch = self._count_batches(service._dispatch_esm_batch)

    @property
    def stepped(self) -> bool:
        """Whether only `deliver_one` delivers messages."""
        return self._stepped

    @stepped.setter
    def stepped(self, stepped: bool) -> None:
        with self._polling:  # no poll may be running when this changes
            self._stepped = stepped

    def deliver_one(self) -> bool:
        """Deliver the next message, if dispatch is stepped, there is one, and nothing is being processed."""
        with self._polling:
            self._may_deliver = self._activity.idle
            return self._stepped and self._poll()

    def can_deliver(self) -> bool:
        """Return whether a batch is ready whose mapping is not pausing after an error."""
        now = time.time()
        return any(moment <= now for moment in self._list_ready_times(now))

    def list_due_times(self) -> list[float]:
        """Return when messages become visible, batching windows end, and pausing mappings resume."""
        now = time.time()
        visible = [message["visible_at"] for _, queue in self._list_sources() for message in queue["messages"]]
        return [moment for moment in (*visible, *self._list_ready_times(now)) if now < moment < NEVER]

    def poll_now(self) -> None:
        """Have MiniStack's poller poll immediately."""
        self._lambda._esm_wake.set()

    def _poll_unless_stepped(self) -> bool:
        with self._polling:
            if self._stepped:
                return False
            # Received messages count as processed even before dispatch: their visibility timeout must not be skipped.
            with self._activity.batch():
                return self._poll()

    def _list_ready_mappings(self) -> Iterator[tuple[str, str, SourceMapping]]:
        now = time.time()
        ready = {mapping["UUID"]: find_batch_time(mapping, queue, now) for mapping, queue in self._list_sources()}
        mappings = [scoped for scoped in self._list_mappings() if ready.get(scoped[2]["UUID"], now) <= now]
        if self._stepped:
            mappings.sort(key=lambda scoped: ready.get(scoped[2]["UUID"], NEVER))
        return iter(mappings)

    def _limit_concurrency(self, original: Callable[..., int]) -> Callable[..., int]:
        def limit(*arguments: Any) -> int:
            # One poll asks for each mapping in turn. The answer must not change during a poll: neither because
            # MiniStack still counts a finished batch, nor because the batch that was just dispatched has finished.
            if self._stepped:
                return sys.maxsize if self._may_deliver else 0
            return original(*arguments)

        return limit

    def _count_batches(self, original: Callable[..., None]) -> Callable[..., None]:
        """Wrap a function that runs a batch, to count the batch until its messages are deleted."""

        def dispatch(mapping_id: str, run: Callable[..., None], *args: Any) -> None:
            counted = contextlib.ExitStack()
            counted.enter_context(self._activity.batch())
            self._may_deliver = False

            def run_counted(*arguments: Any) -> None:
                with counted:
                    run(*arguments)

            original(mapping_id, run_counted, *args)

        return dispatch

    def _list_sources(self) -> Iterator[tuple[SourceMapping, EngineQueue]]:
        queues = {queue["attributes"]["QueueArn"]: queue for queue in list(self._sqs._queues._data.values())}
        for _, _, mapping in self._list_mappings():
            if mapping.get("Enabled", True) and (queue := queues.get(mapping["EventSourceArn"])):
                yield mapping, queue

    def _list_ready_times(self, now: float) -> Iterator[float]:
        """Yield when each mapping can deliver: it has a batch, and is not pausing after an error."""
        return (
            max(find_batch_time(mapping, queue, now), self._find_pause_end(mapping))
            for mapping, queue in self._list_sources()
        )

    def _find_pause_end(self, mapping: SourceMapping) -> float:
        pauses: Mapping[tuple[str, ...], float] = self._lambda._esm_backoff_until._data
        return next((until for key, until in pauses.items() if key[-1] == mapping["UUID"]), 0.0)


def find_batch_time(mapping: SourceMapping, queue: EngineQueue, now: float) -> float:
    """Return when, in epoch seconds, the visible messages make or made a batch; NEVER if none are visible.

    One message makes a batch; with a batching window, BatchSize messages or the end of the window do: see https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching.
    """
    visible = [float(message["visible_at"]) for message in list_receivable(queue, now)]
    if not visible:
        return NEVER
    # After an update of a stack these numbers can be text, as in the template.
    full = len(visible) >= int(mapping["BatchSize"])
    return min(visible) + (0 if full else int(mapping["MaximumBatchingWindowInSeconds"]))


def correct_answers(execute: Callable[[Any, Any], dict[str, Any]]) -> Callable[[Any, Any], dict[str, Any]]:
    """Interpret a batch's response as AWS does; MiniStack ignores failure items without an identifier."""

    def execute_corrected(function: Any, event: Any) -> dict[str, Any]:
        result = execute(function, event)
        if "error" not in result and (ids := list_message_ids(event)):
            failures = [{"itemIdentifier": message_id} for message_id in read_failed_ids(result.get("body"), ids)]
            return {**result, "body": {"batchItemFailures": failures}}
        return result

    return execute_corrected


def list_message_ids(event: Any) -> list[str]:
    """Return the ids of a batch's messages; none if the event is not a batch of SQS messages."""
    records = event.get("Records", []) if isinstance(event, dict) else []
    return [record["messageId"] for record in records if record.get("eventSource") == "aws:sqs"]
