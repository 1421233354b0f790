"""The queues of a stack, read and redriven with the control API and, on the same engine, through SQS alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from agenticai.client.errors import SelectionError
from agenticai.client.queues.model import DeadLetterPage, Depth, RedriveOutcome
from agenticai.client.queues.stack_queues import StackQueues
from agenticai.stack.outputs import StackOutputs
from agenticai.stack.target import Target
from tests.integration.cloud import Cloud
from tests.integration.stepped import Queue, stepped_cloud

PROJECT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
AGENTS = ("pm", "dev", "qa", "ops")
HOUR = 3600


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


class Stack:
    """Four queues with their dead-letter queues, of which `pm` is used, and how they are read."""

    def __init__(self, cloud: Cloud, *, by_control: bool) -> None:
        self.dead = {agent: Queue(cloud) for agent in AGENTS}
        self.live = {
            agent: Queue(
                cloud,
                VisibilityTimeout="0",
                RedrivePolicy={"deadLetterTargetArn": self.dead[agent].arn, "maxReceiveCount": 1},
            )
            for agent in AGENTS
        }
        names = {agent: f"f-{queue.name}" for agent, queue in self.live.items()}
        outputs = StackOutputs(
            stage="dev",
            api_id="",
            api_url="",
            table_name="",
            bucket_name="",
            queue_urls={agent: queue.url for agent, queue in self.live.items()},
            dead_letter_queue_urls={agent: queue.url for agent, queue in self.dead.items()},
            function_names=names,
            api_token_parameter="",
            gemini_api_key_parameter="",
        )
        self.function = names["pm"]
        target = Target.embedded(cloud.endpoint_url)
        self.queues = StackQueues.of(target, outputs, cloud.control if by_control else None)
        self._cloud = cloud

    def die(self, *bodies: str) -> list[str]:
        """Send messages and make each fail once; return the ids of the dead letters."""
        ids = self.live["pm"].send(*bodies)
        while self.live["pm"].receive():
            pass
        return ids

    def log(self, message_id: str, error_type: str) -> None:
        """Log a failed message as the agent does."""
        now = self._cloud.control.clock().now
        group, line = f"/aws/lambda/{self.function}", {
            "message": "will be delivered again", "timestamp": f"{now:%Y-%m-%d %H:%M:%S},000+0000", "reason": "why",
            "error_type": error_type, "message_id": message_id, "function_request_id": "request",
        }  # fmt: skip
        self._cloud.logs.create_log_group(logGroupName=group)
        self._cloud.logs.create_log_stream(logGroupName=group, logStreamName="s")
        event: Any = {"timestamp": int(now.timestamp() * 1000), "message": json.dumps(line)}
        self._cloud.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])


@pytest.fixture(params=[True, False], ids=["control", "sqs"])
def stack(request: pytest.FixtureRequest, cloud: Cloud) -> Stack:
    return Stack(cloud, by_control=request.param)


def task(name: str) -> str:
    return json.dumps(
        {
            "schema": "task-ready/2",
            "project_id": PROJECT,
            "correlation_id": "c",
            "revision": {"build": 1},
            "task_id": name,
        }
    )


def read(stack: Stack, limit: int = 100) -> DeadLetterPage:
    return stack.queues.letters("pm", limit=limit)


def test_every_queue_has_its_depth_and_that_of_its_dead_letters(stack: Stack, cloud: Cloud) -> None:
    stack.die(task("a"), task("b"))
    stack.live["ops"].send("waits")
    cloud.control.advance(2 * HOUR)
    states = {state.agent: state for state in stack.queues.states()}
    assert list(states) == list(AGENTS)
    assert states["pm"].queue.depth == Depth(0, 0, 0)
    assert states["pm"].dead_letters.depth == Depth(2, 0, 0)
    assert states["ops"].queue.depth == Depth(1, 0, 0)
    oldest = states["pm"].dead_letters.oldest_s
    assert oldest is None if read(stack).received else oldest == pytest.approx(2 * HOUR, abs=60)


def test_a_letter_tells_what_it_asked_for_and_why_it_failed(stack: Stack) -> None:
    logged, silent = stack.die(task("a"), "no JSON")
    stack.log(logged, "ModelUnavailable")
    letters = {letter.message.id: letter for letter in read(stack).letters}
    assert (letters[logged].asked.project_id, letters[logged].asked.work) == (PROJECT, "TASK#1.0#a")
    assert [(a.error_type, a.message) for a in letters[logged].attempts] == [("ModelUnavailable", "why")]
    assert letters[silent].asked.problem
    assert letters[silent].attempts == ()
    assert letters[logged].message.source_arn == stack.live["pm"].arn


def test_reading_leaves_the_letters_where_they_are_and_says_whether_it_counts(stack: Stack) -> None:
    ids = [*stack.die(*(task(f"t{number}") for number in range(10))), *stack.die(task("last"))]
    for _ in range(2):
        page = read(stack)
        assert {letter.message.id for letter in page.letters} >= {*ids}
        assert stack.dead["pm"].counts() == (page.total, 0, 0)
    received = {letter.message.received for letter in page.letters}
    assert received == ({3} if page.received else {1})


def test_a_page_is_as_long_as_was_asked_for(stack: Stack) -> None:
    for _ in range(3):
        stack.die(*(task(f"t{number}") for number in range(10)))
    page = read(stack, limit=15)
    assert (len(page.letters), page.total) == (15, 30)
    assert stack.dead["pm"].counts() == (30, 0, 0)
    assert len({*stack.queues.list_ids("pm")}) == 30


def test_chosen_letters_are_sent_back_and_the_others_stay(stack: Stack) -> None:
    first, second, third = stack.die(task("a"), task("b"), task("c"))
    results = {result.id: result for result in stack.queues.redrive("pm", [second, "no-such-id", first])}
    assert [results[name].outcome for name in (first, second, "no-such-id")] == [
        RedriveOutcome.SENT,
        RedriveOutcome.SENT,
        RedriveOutcome.NOT_THERE,
    ]
    assert {*stack.queues.list_ids("pm")} == {third}
    assert {message["MessageId"] for message in stack.live["pm"].receive()} == {
        results[first].new_id,
        results[second].new_id,
    }


def test_all_letters_are_sent_back_also_one_that_was_sent_to_the_dead_letter_queue_itself(stack: Stack) -> None:
    stack.die(task("a"), task("b"))
    stack.dead["pm"].send("posted here")
    *_, last = stack.queues.redrive_all("pm")
    assert (last.status, last.moved) == ("COMPLETED", 3)
    assert stack.dead["pm"].depth == 0
    assert {message["Body"] for message in stack.live["pm"].receive()} == {task("a"), task("b"), "posted here"}


def test_a_queue_is_named_by_its_agent_or_in_full(stack: Stack) -> None:
    names = ("pm", stack.live["pm"].name, stack.dead["pm"].name)
    assert [stack.queues.find_agent(name) for name in names] == ["pm"] * 3
    with pytest.raises(SelectionError, match=r"no queue nope: name one by its agent \(pm, dev, qa, ops\)"):
        stack.queues.find_agent("nope")


def test_letters_older_than_their_log_are_explained_by_what_is_there(stack: Stack, cloud: Cloud) -> None:
    (old,) = stack.die(task("old"))
    cloud.control.advance(timedelta(hours=3).total_seconds())
    stack.log(old, "Poison")
    (letter,) = read(stack).letters
    assert [attempt.error_type for attempt in letter.attempts] == ["Poison"]
