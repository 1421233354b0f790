"""The queues of one deployed stack: their depths, their dead letters with the reasons, and how to redrive them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from agenticai.client.errors import SelectionError
from agenticai.client.queues.editing import delete, send_copy
from agenticai.client.queues.failures import (
    FailureLog,
    find_silent_attempts,
    merge_attempts,
    read_request_lines,
)
from agenticai.client.queues.messages import Messages, SqsMessages
from agenticai.client.queues.model import (
    AgentQueues,
    Attempt,
    DeadLetter,
    DeadLetterPage,
    Depth,
    MoveProgress,
    QueueState,
    RedriveResult,
    RequestedWork,
)
from agenticai.client.queues.redriving import (
    MOST_PER_SECOND,
    has_no_move_tasks,
    redrive,
    redrive_all,
    redrive_each,
)
from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.bench_records import PageRequest
from agenticai.stack.target import Capability
from agenticai.stack.waiting import Pause, pause

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

    from agenticai.emulator.core.bench_records import MessagePage, QueuedMessage
    from agenticai.stack.outputs import StackOutputs
    from agenticai.stack.target import Target


class StackQueues:
    """Reads and redrives the queues of a stack. Raises `SelectionError`, `EngineError` and botocore's errors.

    With the engine's control API (`engine`), messages are read without being received, and ages are known. Without it,
    they are received and released at once.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        logs: "CloudWatchLogsClient",
        outputs: "StackOutputs",
        messages: Messages,
        engine: ControlClient | None = None,
    ) -> None:
        self._sqs = sqs
        self._logs = logs
        self._outputs = outputs
        self._messages = messages
        self._engine = engine
        self._urls = list_queue_urls(outputs)
        self._failures = {agent: FailureLog(logs, outputs.function_names[agent]) for agent in outputs.queue_urls}

    @classmethod
    def of(
        cls,
        target: "Target",
        outputs: "StackOutputs",
        control: ControlClient | None,
        messages: Messages | None = None,
    ) -> "StackQueues":
        """Return the queues of a stack on a target; messages are read through its control API if it shows them."""
        engine = control if Capability.CONTENTS in target.capabilities else None
        source = engine or messages or make_sqs_messages(target, outputs)
        return cls(target.client("sqs"), target.client("logs"), outputs, source, engine)

    def find_agent(self, name: str) -> str:
        """Return the agent of a queue, given the agent's name, or the name of its queue or dead-letter queue."""
        for agent in self._outputs.queue_urls:
            if name in {agent, self._name_queue(agent), self._name_dead_letter_queue(agent)}:
                return agent
        agents = ", ".join(self._outputs.queue_urls)
        raise SelectionError(f"There is no queue {name}: name one by its agent ({agents}), or in full.")

    def states(self) -> list[AgentQueues]:
        """Return every queue with its dead-letter queue, in the order of the workflow."""
        return self._read_states(self._outputs.queue_urls)

    def state(self, agent: str) -> AgentQueues:
        """Return an agent's queue with its dead-letter queue."""
        return self._read_states((agent,))[0]

    def page(self, queue: str, *, after: str | None = None, limit: int = 100) -> "MessagePage":
        """Return messages of any queue of the stack, by its full name."""
        return self._messages.messages(queue, after=after, limit=limit)

    def letters(self, agent: str, *, after: str | None = None, limit: int = 100) -> DeadLetterPage:
        """Return dead letters of an agent, in their queue's order, each with what it asked for and why it failed."""
        page = self.page(self._name_dead_letter_queue(agent), after=after, limit=limit)
        letters = [DeadLetter(message, RequestedWork.of(message.body)) for message in page.messages]
        explained = tuple(self._explain(letters, agent, page.now))
        return DeadLetterPage(explained, page.total, page.next, page.now, received=self._engine is None)

    def list_ids(self, agent: str) -> Iterator[str]:
        """Yield the ids of all dead letters of an agent."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.page(self._name_dead_letter_queue(agent), after=cursor or None, limit=PageRequest.MOST)
            yield from (message.id for message in page.messages)
            cursor = page.next

    def redrive(self, agent: str, ids: Sequence[str]) -> Iterator[RedriveResult]:
        """Redrive selected dead letters to the agent's queue; see `redriving.redrive`."""
        name = self._name_dead_letter_queue(agent)
        return redrive(self._sqs, self._messages, (name, self._urls[name]), self._outputs.queue_urls[agent], ids)

    def redrive_all(self, agent: str, per_second: int | None = None, wait: Pause = pause) -> Iterator[MoveProgress]:
        """Have SQS redrive all dead letters to the agent's queue; see `redriving.redrive_all`.

        Without a rate, the engine moves all before it answers; at its highest rate the progress can be followed.
        """
        if self._engine:
            per_second = per_second or MOST_PER_SECOND
        dead_letters, queue = self._outputs.dead_letter_queue_urls[agent], self._outputs.queue_urls[agent]
        try:
            yield from redrive_all(self._sqs, self._read_arn(dead_letters), self._read_arn(queue), per_second, wait)
        except ClientError as error:
            if not has_no_move_tasks(error):
                raise
            number = self.state(agent).dead_letters.depth.visible
            yield from redrive_each(self._redrive_each(agent), number, per_second, wait)

    def _redrive_each(self, agent: str) -> Iterator[RedriveResult]:
        tried_ids: set[str] = set()
        while new_ids := [message_id for message_id in self.list_ids(agent) if message_id not in tried_ids]:
            tried_ids.update(new_ids)
            yield from self.redrive(agent, new_ids)

    def delete(self, queue: str, ids: Sequence[str]) -> Iterator[str]:
        """Delete messages of a queue, by its full name, and yield the ids of those that were deleted."""
        return delete(self._sqs, self._messages, (queue, self._urls[queue]), ids)

    def send_copy(self, agent: str, message: "QueuedMessage", body: str) -> str:
        """Send an edited copy of a dead letter to its agent, and return the copy's id."""
        return send_copy(self._sqs, self._outputs.queue_urls[agent], message, body)

    def purge(self, queue: str) -> None:
        """Delete all messages of a queue, by its full name."""
        self._sqs.purge_queue(QueueUrl=self._urls[queue])

    def log_lines(self, agent: str, attempt: Attempt) -> list[str]:
        """Return what the agent's function logged during a delivery."""
        return read_request_lines(self._logs, self._outputs.function_names[agent], attempt)

    def last_failure(self, agent: str, since: datetime, now: datetime) -> Attempt | None:
        """Return an agent's latest failed delivery since a moment, from its function's log; None if there was none."""
        return self._failures[agent].find_last(since, now)

    def _read_arn(self, url: str) -> str:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def _explain(self, letters: Sequence[DeadLetter], agent: str, now: datetime) -> Iterator[DeadLetter]:
        if not letters:
            return
        function = self._outputs.function_names[agent]
        logged = self._failures[agent].look(min(letter.message.sent_at for letter in letters), now)
        unexplained = any(len(logged.get(letter.message.id, ())) < letter.message.received for letter in letters)
        silent = find_silent_attempts(function, self._engine.invocations() if self._engine and unexplained else ())
        for letter in letters:
            attempts = merge_attempts(logged.get(letter.message.id, ()), silent.get(letter.message.id, ()))
            yield DeadLetter(letter.message, letter.asked, attempts)

    def _read_states(self, agents: Iterable[str]) -> list[AgentQueues]:
        names = {agent: (self._name_queue(agent), self._name_dead_letter_queue(agent)) for agent in agents}
        states_by_name = _read_engine_states(self._engine) if self._engine else {}
        states = {
            name: states_by_name.get(name) or QueueState(name, Depth.of(self._sqs, self._urls[name]), None)
            for pair in names.values()
            for name in pair
        }
        return [AgentQueues(agent, states[queue], states[dead]) for agent, (queue, dead) in names.items()]

    def _name_queue(self, agent: str) -> str:
        return _parse_name(self._outputs.queue_urls[agent])

    def _name_dead_letter_queue(self, agent: str) -> str:
        return _parse_name(self._outputs.dead_letter_queue_urls[agent])


def make_sqs_messages(target: "Target", outputs: "StackOutputs") -> SqsMessages:
    """Return the messages of a stack's queues, read through SQS alone."""
    return SqsMessages(target.client("sqs"), list_queue_urls(outputs), lambda: datetime.now(UTC))


def _read_engine_states(engine: ControlClient) -> dict[str, QueueState]:
    """Return the state of every queue of an engine, by name."""
    answer = engine.queues()
    return {
        queue.queue: QueueState(
            queue.queue,
            Depth(queue.visible, queue.in_flight, queue.delayed),
            (answer.now - queue.oldest).total_seconds() if queue.oldest else None,
        )
        for queue in answer.queues
    }


def list_queue_urls(outputs: "StackOutputs") -> dict[str, str]:
    """Return the URLs of all queues of a stack, by their names."""
    urls = (*outputs.queue_urls.values(), *outputs.dead_letter_queue_urls.values())
    return {_parse_name(url): url for url in urls}


def _parse_name(url: str) -> str:
    return url.rpartition("/")[2]
