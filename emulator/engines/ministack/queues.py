"""Applies AWS's rules to MiniStack's queues: checks of operations, and the validity of receipt handles."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agenticai.emulator.engines.ministack.receivable import EngineMessage, EngineQueue, list_receivable
from agenticai.emulator.http.aws_errors import AwsError, Refused, invalid
from agenticai.emulator.queues import rules
from agenticai.emulator.queues.dead_letter_policies import check_redrive_policy
from agenticai.emulator.queues.depths import Depths, WatchedLock
from agenticai.emulator.queues.queue_attributes import list_defaults, normalize
from agenticai.emulator.queues.receipt_handles import is_handle_of, make_receipt_handle
from agenticai.emulator.queues.rules import LONGEST_INVISIBLE_S, check_operation

# The parameters, as both protocols pass them to MiniStack.
RequestParameters = Mapping[str, Any]
Handler = Callable[[RequestParameters, str], Any]

PAYLOAD_BYTES = 6 * 1024 * 1024

ADDING_OR_READING = frozenset(
    {"SendMessage", "SendMessageBatch", "CreateQueue", "GetQueueUrl", "GetQueueAttributes", "ListQueues"}
)
"""Operations that change no message of a queue, and at most append some."""


class Queues:
    """Wraps MiniStack's handlers of SQS operations.

    Only one thread at a time uses the queues: otherwise requests and event source mappings would lose messages. Changes
    of depth in the account and region of `owner` are recorded in `depths`.
    """

    def __init__(self, sqs: Any, owner: tuple[str, str], depths: Depths) -> None:
        self._sqs = sqs
        self._depths = depths
        self._owner = owner
        self._lock = sqs._queues_lock = WatchedLock(self._record_depths)
        self._collect: Callable[..., list[EngineMessage]] = sqs._collect_msgs
        sqs._collect_fifo = self._collect_in_order
        sqs._collect_msgs = self._hold_lock_during(self._collect_with_handles)
        sqs._receive_messages_for_esm = self._hold_lock_during(self._receive_batch)
        self._delete_received: Callable[[str, set[str]], None] = sqs._delete_messages_for_esm
        sqs._delete_messages_for_esm = self._hold_lock_during(self._delete_batch)
        sqs._expire_retained = self._hold_lock_during(sqs._expire_retained)
        sqs._dlq_sweep = self._hold_lock_during(sqs._dlq_sweep)
        sqs._validate_redrive_policy = self._check_redrive_policy
        handlers: dict[str, Handler] = sqs._HANDLERS
        handlers["GetQueueAttributes"] = select_attributes(handlers["GetQueueAttributes"])
        handlers["ReceiveMessage"] = accept_both_names(handlers["ReceiveMessage"])
        handlers["DeleteMessage"] = self._delete
        handlers["ChangeMessageVisibility"] = self._change_visibility
        handlers["PurgeQueue"] = self._wrap_purge(handlers["PurgeQueue"])
        handlers.update(
            {operation: self._wrap_with_rules(operation, handler) for operation, handler in handlers.items()}
        )
        for operation in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility"):
            batch = f"{operation}Batch"
            handlers[batch] = self._wrap_with_rules(batch, self._wrap_as_batch(batch, handlers[operation]))

    def _record_depths(self) -> None:
        """Record the depths of queues, except those of other accounts or regions, which belong to no stack."""
        queues = list(self._sqs._queues._data.items())
        self._depths.record_changes(
            [(parse_queue_name(key[2]), queue["messages"]) for key, queue in queues if key[:2] == self._owner]
        )

    def _hold_lock_during(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def change_locked(*arguments: Any) -> Any:
            with self._lock:
                return change(*arguments)

        return change_locked

    def _wrap_with_rules(self, operation: str, handler: Handler) -> Handler:
        """Wrap a handler so that it applies the rules of its operation."""

        def handle(parameters: RequestParameters, url: str) -> Any:
            with self._lock, self._refusing():
                normalized = normalize(parameters)
                check_operation(operation, normalized, self._find_target(operation, normalized, url))
                answer = handler(normalized, url)
                if operation not in ADDING_OR_READING:
                    self._depths.mark_changed(parse_queue_name(parameters.get("QueueUrl") or url))
                return drop_empty_members(answer) if isinstance(answer, dict) else answer

        return handle

    def _wrap_as_batch(self, batch: str, handler: Handler) -> Handler:
        """Return the batch variant of an operation: each entry succeeds or fails as if it were a single request."""

        def handle(parameters: RequestParameters, url: str) -> dict[str, list[Any]]:
            entries = parameters.get("Entries") or []
            self._sqs._validate_batch_entries(entries, f"{batch}RequestEntry")
            successful, failed = [], []
            for entry in entries:
                try:
                    result = handler({**entry, "QueueUrl": parameters.get("QueueUrl") or url}, url)
                    successful.append({"Id": entry["Id"], **result})
                except self._sqs._Err as error:
                    failure = {"Code": error.code, "Message": error.message, "SenderFault": error.status < 500}
                    failed.append({"Id": entry["Id"], **failure})
            return {"Successful": successful, "Failed": failed}

        return handle

    def _find_target(self, operation: str, parameters: RequestParameters, url: str) -> rules.TargetQueue:
        """Return the queue of a request; for CreateQueue, the existing queue of that name."""
        sqs, name = self._sqs, parameters.get("QueueName") or ""
        if operation == "CreateQueue":
            queue = sqs._queues.get(sqs._queue_url(name))
        else:
            queue = self._find_queue(parameters, url) if parameters.get("QueueUrl") else None
        attributes: dict[str, str] = queue["attributes"] if queue else {}
        if attributes:  # queues that stacks create lack these
            attributes |= list_defaults(attributes) | attributes
        arn = attributes.get("QueueArn") or f"arn:aws:sqs:{sqs.get_region()}:{sqs.get_account_id()}:{name}"
        return rules.TargetQueue(arn, attributes, self._find_attributes)

    def _find_attributes(self, arn: str) -> Mapping[str, str] | None:
        queue = self._sqs._queue_by_arn(arn)
        return queue["attributes"] if queue else None

    def _find_queue(self, parameters: RequestParameters, url: str) -> EngineQueue:
        queue: EngineQueue = self._sqs._get_q(parameters.get("QueueUrl") or url)
        return queue

    def _check_redrive_policy(self, policy: str) -> None:
        """Check a policy, with AWS's messages, for CloudFormation as well; MiniStack has one message for all errors."""
        with self._refusing():
            check_redrive_policy(policy, self._find_attributes)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Convert Refused to MiniStack's error, which MiniStack sends in the caller's protocol."""
        try:
            yield
        except Refused as refused:
            error = refused.error
            raise self._sqs._Err(error.code, error.message, error.status) from refused

    def _collect_with_handles(self, queue: EngineQueue, *args: Any) -> list[EngineMessage]:
        messages = self._collect(queue, *args)
        for message in messages:
            message["receipt_handle"] = make_receipt_handle(queue["attributes"]["QueueArn"], message["receipt_handle"])
            message["received_at"] = time.time()
        self._depths.mark_changed(queue["attributes"]["QueueArn"].rpartition(":")[2], received=len(messages))
        return messages

    def _collect_in_order(self, queue: EngineQueue, limit: int, invisible_s: int, now: float) -> list[EngineMessage]:
        """Receive from a FIFO queue as MiniStack does from a standard queue with only the receivable messages."""
        for message in queue["messages"]:
            self._sqs._ensure_msg_fields(message)
        due = list(itertools.islice(list_receivable(queue, now), limit))
        return self._collect({**queue, "is_fifo": False, "messages": due}, limit, invisible_s)

    def _receive_batch(self, url: str, limit: int) -> list[EngineMessage]:
        """Receive the messages of one invocation, as copies: a later receive changes their receipt handles.

        MiniStack's own function does not support batches of more than ten.
        """
        queue = self._sqs._get_q(url)
        self._sqs._expire_retained(queue)
        self._sqs._dlq_sweep(queue)
        invisible_s = int(queue["attributes"]["VisibilityTimeout"])
        return [dict(message) for message in self._sqs._collect_msgs(queue, count_fitting(queue, limit), invisible_s)]

    def _delete_batch(self, url: str, handles: set[str]) -> None:
        """Delete messages that an event source mapping has received and its function has processed."""
        old_length = len(self._sqs._get_q(url)["messages"])
        self._delete_received(url, handles)
        self._depths.mark_changed(parse_queue_name(url), deleted=old_length - len(self._sqs._get_q(url)["messages"]))

    def _find_received(self, queue: EngineQueue, handle: str) -> EngineMessage | None:
        """Return the message whose latest receipt handle this is. Raises Refused if it is not one of this queue."""
        if not is_handle_of(queue["attributes"]["QueueArn"], handle):
            raise Refused(AwsError("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not valid.'))
        return next((message for message in queue["messages"] if message["receipt_handle"] == handle), None)

    def _delete(self, parameters: RequestParameters, url: str) -> dict[str, Any]:
        """Delete a message; an outdated handle, or that of a deleted message, succeeds and deletes nothing.

        In a FIFO queue the handle is valid until the visibility timeout ends.
        See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html.
        """
        queue, handle = self._find_queue(parameters, url), parameters["ReceiptHandle"]
        if message := self._find_received(queue, handle):
            if queue["is_fifo"] and message["visible_at"] <= time.time():
                reason = "Reason: The receipt handle has expired."
                raise invalid(f"Value {handle} for parameter ReceiptHandle is invalid. {reason}")
            queue["messages"].remove(message)
            self._depths.mark_changed(parse_queue_name(parameters.get("QueueUrl") or url), deleted=1)
        return {}

    def _wrap_purge(self, purge: Handler) -> Handler:
        """Wrap PurgeQueue so that it also clears the queue's deduplication ids."""

        def purge_all(parameters: RequestParameters, url: str) -> Any:
            self._find_queue(parameters, url)["dedup_cache"].clear()
            return purge(parameters, url)

        return purge_all

    def _change_visibility(self, parameters: RequestParameters, url: str) -> dict[str, Any]:
        """Change a visibility timeout to at most 12 hours from the receive; a handle is valid until the next receive.

        See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html.
        """
        handle, timeout, now = parameters["ReceiptHandle"], int(parameters["VisibilityTimeout"]), time.time()
        message = self._find_received(self._find_queue(parameters, url), handle)
        if message is None:
            reason = "Message does not exist or is not available for visibility timeout change."
            raise invalid(f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}")
        if int(now - message["received_at"]) + timeout > LONGEST_INVISIBLE_S:
            reason = f"Total VisibilityTimeout for the message is beyond the limit [{LONGEST_INVISIBLE_S} seconds]"
            raise invalid(f"Value {timeout} for parameter VisibilityTimeout is invalid. Reason: {reason}")
        message["visible_at"] = now + timeout
        if timeout == 0:
            self._sqs.esm_wake.set()
        return {}


def parse_queue_name(url: str) -> str:
    """Return the name of the queue at a URL."""
    return url.rpartition("/")[2]


def drop_empty_members(answer: dict[str, Any]) -> dict[str, Any]:
    """Remove empty lists and maps, as SQS does."""
    return {name: value for name, value in answer.items() if value not in ([], {})}


def select_attributes(handler: Handler) -> Handler:
    """Return no attributes from GetQueueAttributes if none are requested; MiniStack returns all."""
    return lambda parameters, url: handler(parameters, url) if parameters.get("AttributeNames") else {}


def accept_both_names(handler: Handler) -> Handler:
    """Accept AttributeNames of ReceiveMessage as MessageSystemAttributeNames, too; MiniStack reads only one of them."""

    def receive(parameters: RequestParameters, url: str) -> Any:
        names = [
            name
            for parameter in ("AttributeNames", "MessageSystemAttributeNames")
            for name in parameters.get(parameter) or ()
        ]
        return handler({**parameters, "AttributeNames": names}, url)

    return receive


def count_fitting(queue: EngineQueue, limit: int) -> int:
    """Return how many visible messages, from one to `limit`, fit in a payload that Lambda accepts.

    See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
    """
    now = time.time()
    candidates = itertools.islice(list_receivable(queue, now), limit)
    sizes = itertools.accumulate(len(message["body"].encode()) for message in candidates)
    return max(1, sum(size <= PAYLOAD_BYTES for size in sizes))
