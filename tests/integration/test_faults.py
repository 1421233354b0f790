"""Every fault, applied by the gateway to a small function's calls and messages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from agenticai.emulator.faults.rules import (
    Call,
    CallFault,
    Delay,
    DeliverAgain,
    Delivery,
    DeliveryFault,
    Duplicate,
    Error,
    Hang,
    Hold,
    Kill,
    Latency,
    Reorder,
)
from tests.integration.cloud import Cloud
from tests.integration.stepped import Queue, printed, stepped_cloud

VISIBILITY = 3600

# Makes the calls in a message, and prints the results when all are done.
CALLER = """
    import boto3, functools, json, time
    from botocore.exceptions import ClientError

    client_of = functools.cache(boto3.client)

    def handler(event, context):
        record = event["Records"][0]
        count = int(record["attributes"]["ApproximateReceiveCount"])
        results = [made(*call) for call in json.loads(record["body"])]
        print(json.dumps({"message": record["messageId"], "count": count, "at": time.time(), "results": results}))

    def made(service, operation, parameters):
        client, began = client_of(service), time.time()
        try:
            answer = getattr(client, operation)(**parameters)
            told = {"status": answer["ResponseMetadata"]["HTTPStatusCode"]}
        except ClientError as error:
            answer = error.response
            told = {"error": type(error).__name__, "said": str(error),
                    "status": answer["ResponseMetadata"]["HTTPStatusCode"]}
        retries = answer["ResponseMetadata"]["RetryAttempts"]
        return {**told, "retries": retries, "seconds": time.time() - began}
"""

Sent = tuple[str, str, dict[str, Any]]


@dataclass
class Caller:
    """A function that makes the requested calls, with this test's queue and one for what it sends."""

    cloud: Cloud
    name: str
    inbox: Queue
    outbox: Queue
    invoked_before: int
    asked: list[str] = field(default_factory=list)

    @property
    def sends(self) -> Sent:
        """A call with a visible effect: a message in the outbox."""
        return ("sqs", "send_message", {"QueueUrl": self.outbox.url, "MessageBody": "sent"})

    def ask(self, *calls: Sent) -> str:
        """Send the function a message with these calls; return the message's id."""
        self.asked += self.inbox.send(json.dumps(calls))
        return self.asked[-1]

    def made(self) -> list[Any]:
        """Return the output of finished invocations, in the order in which they ended."""
        return [made for made in printed(self.cloud, self.name) if made["message"] in self.asked]

    @property
    def errors(self) -> list[str | None]:
        """Return the error of each invocation, or None."""
        return [done.error_type for done in self.cloud.finished(self.name)][self.invoked_before :]

    @property
    def fired(self) -> list[int]:
        """Return the positions of the rules that were applied."""
        return [fired.rule for fired in self.cloud.control.fired()]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def function(cloud: Cloud) -> str:
    return cloud.deploy(CALLER, timeout=900)


@pytest.fixture
def caller(cloud: Cloud, function: str) -> Caller:
    inbox, outbox = Queue(cloud, VisibilityTimeout=str(VISIBILITY)), Queue(cloud)
    inbox.feed(function, batch_size=1)
    return Caller(cloud, function, inbox, outbox, len(cloud.finished(function)))


class TestErrors:
    @pytest.mark.parametrize(
        ("call", "fault", "error", "said"),
        [
            (
                ("dynamodb", "put_item", {"TableName": "t", "Item": {"PK": {"S": "a"}}}),
                Error(do="error", code="ConditionalCheckFailedException", message="The conditional request failed"),
                "ConditionalCheckFailedException",
                "(ConditionalCheckFailedException) when calling the PutItem operation: The conditional request failed",
            ),
            (
                ("s3", "get_object", {"Bucket": "b", "Key": "k"}),
                Error(do="error", code="NoSuchKey", status=404),
                "NoSuchKey",
                "(NoSuchKey) when calling the GetObject operation",
            ),
            (
                ("s3", "head_object", {"Bucket": "b", "Key": "k"}),
                Error(do="error", code="AccessDenied", status=403),
                "ClientError",
                "(403) when calling the HeadObject operation: Forbidden",
            ),
            (
                ("sqs", "get_queue_url", {"QueueName": "q"}),
                Error(do="error", code="QueueDoesNotExist"),
                "QueueDoesNotExist",
                "(AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation",
            ),
        ],
        ids=["dynamodb", "s3", "s3 without a body", "sqs"],
    )
    def test_botocore_knows_it_as_that_services_error(
        self, cloud: Cloud, caller: Caller, call: Sent, fault: Error, error: str, said: str
    ) -> None:
        cloud.control.faults([CallFault(when=Call(service=call[0]), then=fault)])
        caller.ask(call)
        cloud.control.settle()
        ((result,),) = [made["results"] for made in caller.made()]
        assert (result["error"], result["status"], result["retries"]) == (error, fault.status, 0)
        assert said in result["said"]

    def test_a_throttled_call_is_tried_again_by_the_sdk(self, cloud: Cloud, caller: Caller) -> None:
        throttled = Error(do="error", code="ProvisionedThroughputExceededException")
        cloud.control.faults([CallFault(when=Call(service="dynamodb", times=2), then=throttled)])
        caller.ask(("dynamodb", "list_tables", {}))
        cloud.control.settle()
        ((result,),) = [made["results"] for made in caller.made()]
        assert (result["status"], result["retries"]) == (200, 2)
        assert [call.operation for call in cloud.control.calls()] == ["ListTables"] * 3

    def test_what_is_refused_is_not_done(self, cloud: Cloud, caller: Caller) -> None:
        refused = Error(do="error", code="AccessDenied", status=403)
        cloud.control.faults([CallFault(when=Call(service="sqs", operation="SendMessage"), then=refused)])
        caller.ask(caller.sends)
        cloud.control.settle()
        assert caller.outbox.depth == 0


class TestTime:
    def test_latency_passes_on_the_clock(self, cloud: Cloud, caller: Caller) -> None:
        cloud.control.faults([CallFault(when=Call(operation="SendMessage"), then=Latency(do="latency", seconds=300))])
        caller.ask(caller.sends)
        settled = cloud.control.settle()
        assert settled.skipped_s == pytest.approx(300, abs=30)
        ((result,),) = [made["results"] for made in caller.made()]
        assert (result["status"], result["retries"]) == (200, 0)
        assert result["seconds"] == pytest.approx(300, abs=30)

    def test_a_call_that_hangs_is_made_and_costs_the_whole_timeout(self, cloud: Cloud, caller: Caller) -> None:
        cloud.control.faults([CallFault(when=Call(operation="SendMessage"), then=Hang(do="hang"))])
        caller.ask(caller.sends)
        settled = cloud.control.settle()
        assert settled.skipped_s == pytest.approx(VISIBILITY, abs=30)
        assert caller.errors == ["Sandbox.Timedout", None]
        assert caller.outbox.depth == 2


class TestKill:
    @pytest.mark.parametrize(("side", "sent_by_then"), [("before", 0), ("after", 1)])
    def test_the_function_dies_on_that_side_of_the_call(
        self, cloud: Cloud, caller: Caller, side: Literal["before", "after"], sent_by_then: int
    ) -> None:
        killed = Kill(do="kill", side=side)
        cloud.control.faults([CallFault(when=Call(operation="SendMessage"), then=killed)])
        message = caller.ask(caller.sends)
        cloud.control.settle(deliveries=1)
        assert (caller.errors, caller.outbox.depth) == (["Runtime.ExitError"], sent_by_then)
        assert caller.made() == []
        settled = cloud.control.settle()
        assert settled.skipped_s == pytest.approx(VISIBILITY, abs=30)
        assert [(made["message"], made["count"]) for made in caller.made()] == [(message, 2)]
        assert (caller.errors[1:], caller.outbox.depth, caller.inbox.depth) == ([None], sent_by_then + 1, 0)


class TestOrderOfThings:
    def test_a_message_is_delivered_again_while_it_is_worked_on(self, cloud: Cloud, caller: Caller) -> None:
        again = DeliverAgain(do="deliver again")
        cloud.control.faults([CallFault(when=Call(operation="SendMessage"), then=again)])
        message = caller.ask(caller.sends)
        settled = cloud.control.settle()
        assert (settled.quiet, settled.skipped_s, caller.fired) == (True, 0, [0])
        assert [(made["message"], made["count"]) for made in caller.made()] == [(message, 2), (message, 1)]
        assert (caller.outbox.depth, caller.inbox.depth) == (2, 0)

    def test_a_held_call_waits_for_the_next_settle(self, cloud: Cloud, caller: Caller) -> None:
        cloud.control.faults([CallFault(when=Call(operation="SendMessage"), then=Hold(do="hold"))])
        caller.ask(caller.sends)
        settled = cloud.control.settle()
        assert (settled.held, settled.quiet, caller.outbox.depth) == (True, False, 0)
        settled = cloud.control.settle()
        assert (settled.held, settled.quiet, caller.outbox.depth) == (False, True, 1)


class TestDeliveries:
    def test_a_duplicate_comes_when_the_first_is_done_with_its_id(self, cloud: Cloud, caller: Caller) -> None:
        cloud.control.faults([self.delivery(caller, 1, Duplicate(do="duplicate"))])
        message = caller.ask()
        assert cloud.control.settle().deliveries == 2
        assert [made["message"] for made in caller.made()] == [message] * 2
        assert caller.inbox.depth == 0

    def test_a_delayed_message_comes_after_those_behind_it(self, cloud: Cloud, caller: Caller) -> None:
        cloud.control.faults([self.delivery(caller, 2, Delay(do="delay", seconds=600))])
        first, second, third = (caller.ask() for _ in range(3))
        settled = cloud.control.settle()
        assert settled.skipped_s == pytest.approx(600, abs=30)
        assert [made["message"] for made in caller.made()] == [first, third, second]
        assert [made["count"] for made in caller.made()] == [1, 1, 1]

    def test_a_reordered_message_goes_behind_all_that_wait(self, cloud: Cloud, caller: Caller) -> None:
        cloud.control.faults([self.delivery(caller, 1, Reorder(do="reorder"))])
        first, second, third = (caller.ask() for _ in range(3))
        settled = cloud.control.settle()
        assert (settled.deliveries, settled.skipped_s) == (3, 0)
        assert [made["message"] for made in caller.made()] == [second, third, first]

    @staticmethod
    def delivery(caller: Caller, nth: int, effect: Duplicate | Delay | Reorder) -> DeliveryFault:
        return DeliveryFault(when=Delivery(on="delivery", queue=caller.inbox.name, nth=nth), then=effect)


class TestRules:
    def test_only_the_calls_of_functions_that_fit_are_counted(self, cloud: Cloud, caller: Caller) -> None:
        refused = Error(do="error", code="AccessDenied", status=403)
        cloud.control.faults(
            [
                CallFault(when=Call(function="f-of-another-name"), then=refused),
                CallFault(when=Call(function="f-*", service="s3", operation="List*", nth=2), then=refused),
                CallFault(when=Call(service="s3", nth=2), then=Error(do="error", code="SlowDown", status=503)),
            ]
        )
        cloud.sqs.list_queues()  # a client's call, to which no rule applies
        caller.ask(("sqs", "list_queues", {}), ("s3", "list_buckets", {}), ("s3", "list_buckets", {}))
        cloud.control.settle()
        assert caller.fired == [1]
        ((first, second, third),) = [made["results"] for made in caller.made()]
        assert (first["status"], second["status"]) == (200, 200)
        assert (third["status"], third["retries"]) == (403, 0)
        calls = [(call.number, call.service, call.operation) for call in cloud.control.calls()]
        assert calls == [(1, "sqs", "ListQueues"), (2, "s3", "ListBuckets"), (3, "s3", "ListBuckets")]
        assert cloud.control.fired()[0].function == caller.name

    def test_new_rules_begin_to_count_anew(self, cloud: Cloud, caller: Caller) -> None:
        refused = CallFault(when=Call(nth=2), then=Error(do="error", code="AccessDenied", status=403))
        for _ in range(2):
            cloud.control.faults([refused])
            caller.ask(("sqs", "list_queues", {}))
            cloud.control.settle()
            assert (cloud.control.fired(), len(cloud.control.calls())) == ((), 1)
