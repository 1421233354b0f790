"""Message move tasks and dead-letter queues' sources, by AWS's rules, before queues that only keep messages.

The rules are quoted from
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and its neighbours.
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.http.aws_errors import AwsError, Refused
from agenticai.emulator.queues.moves import MoveTasks, copy_message, list_dead_letter_sources
from agenticai.emulator.queues.operations import QueueOperations, as_xml
from tests.fakes.asgi import Client, signed
from tests.fakes.queues import Queues, arn

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FORM = (b"content-type", b"application/x-www-form-urlencoded")
Answered = tuple[int, dict[str, Any]]


class Clock:
    """A clock whose sleeps end when `tick` is called."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.ticks = asyncio.Event()

    def now(self) -> datetime:
        return NOW

    async def sleep_until(self, moment: float) -> None:
        self.slept.append(moment - NOW.timestamp())
        await self.ticks.wait()


class Bench:
    """The step before queues: `dev` and `qa` send their dead letters to `dead`, and `other` sends none."""

    def __init__(self, queues: Queues | None = None) -> None:
        self.queues = queues or Queues(dev="dead", qa="dead", dead=None, other=None)
        self.clock = Clock()
        self.activity = Activity()
        self.step = QueueOperations(self.queues, self.clock, self.activity, new_id=lambda: "id-1")

    async def ask(self, operation: str, **parameters: Any) -> Answered:
        target = signed("sqs", "token-1", f"AmazonSQS.{operation}")
        client = Client("/", json.dumps(parameters).encode(), headers=target)
        await client.call(self.step)
        return client.status or 0, json.loads(client.body)

    def say(self, operation: str, **parameters: Any) -> Answered:
        return asyncio.run(self.ask(operation, **parameters))

    def task(self) -> dict[str, Any]:
        """The latest task of `dead`."""
        task: dict[str, Any] = self.say("ListMessageMoveTasks", SourceArn=arn("dead"))[1]["Results"][0]
        return task


def code(answered: Answered) -> tuple[int, str]:
    status, said = answered
    return status, said["__type"].rpartition("#")[2]


class TestStart:
    def test_without_a_destination_messages_go_back_to_their_respective_source_queues(self) -> None:
        bench = Bench()
        for body, source in (("1", "dev"), ("2", "qa"), ("3", "dev")):
            bench.queues.put_dead("dead", body, source)
        assert bench.say("StartMessageMoveTask", SourceArn=arn("dead"))[0] == 200
        assert [bench.queues.bodies(queue) for queue in ("dev", "qa", "dead")] == [["1", "3"], ["2"], []]
        assert bench.task() == {
            "Status": "COMPLETED",
            "SourceArn": arn("dead"),
            "ApproximateNumberOfMessagesMoved": 3,
            "ApproximateNumberOfMessagesToMove": 3,
            "StartedTimestamp": int(NOW.timestamp() * 1000),
        }

    def test_messages_that_fail_again_meanwhile_are_not_moved_for_ever(self) -> None:
        class Failing(Queues):
            def _send(self, asked: dict[str, Any]) -> dict[str, Any]:
                assert len(self.messages["dev"]) < 10, "it goes on and on"
                self.put_dead("dead", asked["MessageBody"], "dev")
                return super()._send(asked)

        bench = Bench(Failing(dev="dead", dead=None))
        for body in "123":
            bench.queues.put_dead("dead", body, "dev")
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        assert (bench.task()["Status"], bench.task()["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
        assert bench.queues.bodies("dead") == ["1", "2", "3"]

    def test_with_one_they_go_there_wherever_they_came_from(self) -> None:
        bench = Bench()
        bench.queues.put("dead", "sent by hand")
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"), DestinationArn=arn("other"))
        assert (bench.queues.bodies("other"), bench.task()["DestinationArn"]) == (["sent by hand"], arn("other"))

    def test_all_redriven_messages_are_new_messages_with_the_same_body_and_attributes(self) -> None:
        bench = Bench()
        attributes = {"kind": {"DataType": "String", "StringValue": "plan"}}
        bench.queues.put_dead("dead", "1", "dev", AWSTraceHeader="Root=1")
        bench.queues.messages["dead"][0]["MessageAttributes"] = attributes
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        (moved,) = bench.queues.messages["dev"]
        assert moved["MessageId"] == "message-2"
        assert moved["sent"]["MessageAttributes"] == attributes
        received = next(json.loads(body) for body, _ in bench.queues.asked if "WaitTimeSeconds" in body)
        assert (received["VisibilityTimeout"], received["WaitTimeSeconds"], received["MaxNumberOfMessages"]) == (
            30,
            0,
            1,
        )
        assert moved["sent"]["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"] == "Root=1"

    def test_of_a_fifo_queue_the_group_stays_and_the_id_becomes_the_deduplication_id(self) -> None:
        bench = Bench()
        fifo = {"MessageGroupId": "g", "MessageDeduplicationId": "d", "SequenceNumber": "1"}
        bench.queues.put_dead("dead", "1", "dev", **fifo)
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        sent = bench.queues.messages["dev"][0]["sent"]
        assert (sent["MessageGroupId"], sent["MessageDeduplicationId"]) == ("g", "message-1")

    def test_a_message_that_was_sent_to_the_dead_letter_queue_has_no_source(self) -> None:
        bench = Bench()
        bench.queues.put("dead", "sent by hand")
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        assert (bench.task()["Status"], bench.task()["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
        assert (bench.queues.bodies("dead"), bench.queues.hidden) == (["sent by hand"], set())

    def test_a_source_queue_that_is_gone_fails_the_task(self) -> None:
        bench = Bench()
        bench.queues.put_dead("dead", "1", "deleted")
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        assert bench.task()["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"

    @pytest.mark.parametrize(
        ("rule", "asked", "refusal"),
        [
            ("a source is required", {}, (400, "MissingParameter")),
            ("the source exists", {"SourceArn": arn("none")}, (404, "ResourceNotFoundException")),
            (
                "the source is in this region",
                {"SourceArn": "arn:aws:sqs:eu:0:dead"},
                (404, "ResourceNotFoundException"),
            ),
            ("the source is a dead-letter queue", {"SourceArn": arn("other")}, (400, "InvalidParameterValue")),
            ("the destination exists", {"DestinationArn": arn("none")}, (404, "ResourceNotFoundException")),
            ("the destination is another", {"DestinationArn": arn("dead")}, (400, "InvalidParameterValue")),
            ("both are of one type", {"DestinationArn": arn("x.fifo")}, (400, "InvalidParameterValue")),
            ("at most 500 a second", {"MaxNumberOfMessagesPerSecond": 501}, (400, "InvalidParameterValue")),
            ("at least one a second", {"MaxNumberOfMessagesPerSecond": 0}, (400, "InvalidParameterValue")),
        ],
    )
    def test_what_is_refused(self, rule: str, asked: dict[str, Any], refusal: tuple[int, str]) -> None:
        source = {} if not asked else {"SourceArn": arn("dead")}
        assert code(Bench().say("StartMessageMoveTask", **{**source, **asked})) == refusal, rule

    @pytest.mark.parametrize("rate", [1, 500])
    def test_one_to_500_messages_are_moved_a_second(self, rate: int) -> None:
        asked = {"SourceArn": arn("dead"), "MaxNumberOfMessagesPerSecond": rate}
        assert Bench().say("StartMessageMoveTask", **asked)[0] == 200

    def test_the_queues_are_asked_in_the_name_of_the_client(self) -> None:
        bench = Bench()
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        assert {token for _, token in bench.queues.asked} == {"token-1"}


class TestAtARate:
    """`MaxNumberOfMessagesPerSecond` is a fixed rate of moved messages, by the engine's clock."""

    async def begin(self, bench: Bench) -> str:
        for body in "123":
            bench.queues.put_dead("dead", body, "dev")
        _, said = await bench.ask("StartMessageMoveTask", SourceArn=arn("dead"), MaxNumberOfMessagesPerSecond=2)
        while not bench.clock.slept:
            await asyncio.sleep(0)
        return str(said["TaskHandle"])

    def test_a_task_runs_until_all_is_moved(self) -> None:
        async def run() -> None:
            bench = Bench()
            handle = await self.begin(bench)
            (task,) = (await bench.ask("ListMessageMoveTasks", SourceArn=arn("dead")))[1]["Results"]
            assert (task["Status"], task["TaskHandle"], task["ApproximateNumberOfMessagesMoved"]) == (
                "RUNNING",
                handle,
                1,
            )
            assert (task["MaxNumberOfMessagesPerSecond"], bench.clock.slept) == (2, [0.5])
            assert (bench.activity.stuck, bench.activity.list_due_times()) == (True, [NOW.timestamp() + 0.5])
            bench.clock.ticks.set()
            while task["Status"] == "RUNNING":
                await asyncio.sleep(0)  # no await below yields to the task: from Python 3.12 on, none has to
                (task,) = (await bench.ask("ListMessageMoveTasks", SourceArn=arn("dead")))[1]["Results"]
            assert (task["Status"], "TaskHandle" in task) == ("COMPLETED", False)
            assert bench.queues.bodies("dev") == ["1", "2", "3"]
            assert bench.activity.idle

        asyncio.run(run())

    def test_only_one_active_task_is_supported_per_queue(self) -> None:
        async def run() -> None:
            bench = Bench()
            await self.begin(bench)
            refused = await bench.ask("StartMessageMoveTask", SourceArn=arn("dead"))
            assert code(refused) == (400, "InvalidParameterValue")
            assert refused[1]["message"] == (
                "There is already a task running."
                " Only one active task is allowed for a source queue arn at a given time."
            )

        asyncio.run(run())

    def test_cancelling_stops_what_has_not_been_moved_and_reverts_nothing(self) -> None:
        async def run() -> None:
            bench = Bench()
            handle = await self.begin(bench)
            answered = await bench.ask("CancelMessageMoveTask", TaskHandle=handle)
            assert answered == (200, {"ApproximateNumberOfMessagesMoved": 1})
            bench.clock.ticks.set()
            await asyncio.sleep(0)
            assert (bench.queues.bodies("dev"), bench.queues.bodies("dead")) == (["1"], ["2", "3"])
            (task,) = (await bench.ask("ListMessageMoveTasks", SourceArn=arn("dead")))[1]["Results"]
            assert task["Status"] == "CANCELLED"
            again = await bench.ask("CancelMessageMoveTask", TaskHandle=handle)
            assert code(again) == (400, "UnsupportedOperation")
            assert again[1]["message"] == "Only a task that is RUNNING can be cancelled."

        asyncio.run(run())

    def test_a_task_that_does_not_exist_cannot_be_cancelled(self) -> None:
        assert code(Bench().say("CancelMessageMoveTask", TaskHandle="x")) == (404, "ResourceNotFoundException")


class TestList:
    def test_one_by_default_and_at_most_ten_the_latest_first(self) -> None:
        bench = Bench()
        for count in range(12):
            for number in range(count):
                bench.queues.put("dead", str(number))
            bench.say("StartMessageMoveTask", SourceArn=arn("dead"), DestinationArn=arn("other"))
        assert bench.task()["ApproximateNumberOfMessagesMoved"] == 11
        _, ten = bench.say("ListMessageMoveTasks", SourceArn=arn("dead"), MaxResults=10)
        assert [task["ApproximateNumberOfMessagesMoved"] for task in ten["Results"]] == list(range(11, 1, -1))
        too_many = bench.say("ListMessageMoveTasks", SourceArn=arn("dead"), MaxResults=11)
        assert code(too_many) == (400, "InvalidParameterValue")

    @pytest.mark.parametrize(("most", "status"), [(0, 400), (1, 200), (10, 200), (11, 400)])
    def test_one_to_ten_are_shown(self, most: int, status: int) -> None:
        assert Bench().say("ListMessageMoveTasks", SourceArn=arn("dead"), MaxResults=most)[0] == status

    def test_the_queue_must_exist(self) -> None:
        assert code(Bench().say("ListMessageMoveTasks", SourceArn=arn("none"))) == (404, "ResourceNotFoundException")


class TestSources:
    def test_the_queues_whose_redrive_policy_names_the_dead_letter_queue(self) -> None:
        bench = Bench()
        found = bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead")
        assert found == (200, {"queueUrls": ["http://sqs/dev", "http://sqs/qa"]})
        assert bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dev") == (200, {"queueUrls": []})

    def test_a_token_comes_only_with_max_results_and_while_there_is_more(self) -> None:
        bench = Bench()
        first = bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead", MaxResults=1)[1]
        assert first["queueUrls"] == ["http://sqs/dev"]
        token = first["NextToken"]
        rest = bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead", MaxResults=1, NextToken=token)
        assert rest == (200, {"queueUrls": ["http://sqs/qa"]})

    @pytest.mark.parametrize(("most", "status"), [(0, 400), (1, 200), (1000, 200), (1001, 400)])
    def test_one_to_a_thousand_are_shown(self, most: int, status: int) -> None:
        bench = Bench()
        assert bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead", MaxResults=most)[0] == status

    def test_the_queue_must_exist(self) -> None:
        assert code(Bench().say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/x")) == (400, "QueueDoesNotExist")


class TestQueryProtocol:
    def ask(self, bench: Bench, **fields: str) -> Client:
        return Client("/", urlencode(fields).encode(), headers=[*signed("sqs"), FORM]).ask(bench.step)

    def test_results_are_elements(self) -> None:
        bench = Bench()
        client = self.ask(bench, Action="ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead", MaxResults="2")
        assert client.headers["content-type"].startswith("text/xml")
        assert b"<ListDeadLetterSourceQueuesResult><QueueUrl>http://sqs/dev</QueueUrl><QueueUrl>" in client.body
        self.ask(bench, Action="StartMessageMoveTask", SourceArn=arn("dead"), MaxNumberOfMessagesPerSecond="500")
        listed = self.ask(bench, Action="ListMessageMoveTasks", SourceArn=arn("dead")).body
        assert b"<ListMessageMoveTasksResultEntry><Status>" in listed

    def test_a_refusal_is_an_error_response(self) -> None:
        client = self.ask(Bench(), Action="CancelMessageMoveTask", TaskHandle="")
        assert client.status == 400
        assert b"<Code>MissingParameter</Code>" in client.body

    def test_another_action_passes_whole(self) -> None:
        bench = Bench()
        self.ask(bench, Action="Unknown", Name="a b")
        assert [asked for asked, _ in bench.queues.asked] == ["Action=Unknown&Name=a+b"]


def test_what_is_of_another_service_or_operation_passes_unread() -> None:
    unread: list[int] = []

    async def engine(*_: object) -> None:
        unread.append(len(client.unread))

    for headers in (signed("s3"), signed("sqs", target="AmazonSQS.SendMessage"), []):
        client = Client("/bucket/key", b"12", headers=headers)
        client.ask(QueueOperations(engine, Clock(), Activity()))
    assert unread == [2, 2, 2]


class TestCalls:
    """What the step asks the engine for, and what it makes of the answers."""

    def test_calls_have_the_credentials_of_the_client_and_no_other_header_of_it(self) -> None:
        seen: list[list[tuple[bytes, bytes]]] = []

        async def engine(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(sorted(scope["headers"]))
            await Response(b"{}", 503)(scope, receive, send)

        own = [(b"host", b"sqs"), (b"X-Amz-Date", b"1")]
        token, other = (b"x-amz-security-token", b"t"), (b"x-amzn-trace-id", b"Root=1")
        target = (b"x-amz-target", b"AmazonSQS.ListDeadLetterSourceQueues")
        client = Client("/", b'{"QueueUrl": "u"}', headers=[*signed("sqs"), target, *own, token, other])
        client.ask(QueueOperations(engine, Clock(), Activity()))
        sent = [(b"content-type", b"application/x-amz-json-1.0"), (b"x-amz-target", b"AmazonSQS.GetQueueAttributes")]
        assert seen == [sorted([*signed("sqs"), *own, token, *sent])]

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (b"", ("503", "503")),
            (b'{"__type": "com.amazonaws.sqs#Throttled"}', ("Throttled", "Throttled")),
            (b'{"__type": "Throttled", "message": "Slower"}', ("Throttled", "Slower")),
        ],
        ids=["without a body", "without a message", "with a message"],
    )
    def test_an_error_of_the_engine_is_the_answer(self, body: bytes, error: tuple[str, str]) -> None:
        async def engine(scope: Scope, receive: Receive, send: Send) -> None:
            await Response(body, 503)(scope, receive, send)

        headers = signed("sqs", target="AmazonSQS.ListDeadLetterSourceQueues")
        client = Client("/", b'{"QueueUrl": "u"}', headers=headers).ask(QueueOperations(engine, Clock(), Activity()))
        said = json.loads(client.body)
        assert (client.status, said["__type"].rpartition("#")[2], said["message"]) == (503, *error)

    def test_all_of_a_message_and_of_a_queue_is_asked_for(self) -> None:
        bench = Bench()
        bench.queues.put_dead("dead", "1", "dev")
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        asked = [json.loads(body) for body, _ in bench.queues.asked]
        assert {"QueueUrl": "http://sqs/dead", "AttributeNames": ["All"]} in asked
        assert {
            "QueueUrl": "http://sqs/dead",
            "MaxNumberOfMessages": 1,
            "WaitTimeSeconds": 0,
            "VisibilityTimeout": 30,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        } in asked

    def test_the_answer_in_json(self) -> None:
        headers = signed("sqs", target="AmazonSQS.ListDeadLetterSourceQueues")
        client = Client("/", b'{"QueueUrl": "http://sqs/dead"}', headers=headers).ask(Bench().step)
        assert client.headers["content-type"] == "application/x-amz-json-1.0"
        assert client.headers["x-amzn-requestid"] == "id-1"

    def test_the_answer_in_xml(self) -> None:
        fields = urlencode({"Action": "ListDeadLetterSourceQueues", "QueueUrl": "http://sqs/other"})
        client = Client("/", fields.encode(), headers=[*signed("sqs"), FORM]).ask(Bench().step)
        assert client.headers["x-amzn-requestid"] == "id-1"
        assert client.body.decode() == (
            '<?xml version="1.0"?><ListDeadLetterSourceQueuesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
            "<ListDeadLetterSourceQueuesResult></ListDeadLetterSourceQueuesResult>"
            "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></ListDeadLetterSourceQueuesResponse>"
        )

    def test_members_of_a_result_as_elements(self) -> None:
        result = {"NextToken": 1, "queueUrls": ["a&b", "c"], "Results": [{"Status": "<"}, {}]}
        entry = "ListMessageMoveTasksResultEntry"
        assert as_xml(result) == (
            "<NextToken>1</NextToken><QueueUrl>a&amp;b</QueueUrl><QueueUrl>c</QueueUrl>"
            f"<{entry}><Status>&lt;</Status></{entry}><{entry}></{entry}>"
        )

    def test_each_answer_has_an_id_of_its_own(self) -> None:
        step = QueueOperations(Queues(dead=None), Clock(), Activity())
        headers = signed("sqs", target="AmazonSQS.ListDeadLetterSourceQueues")
        clients = [Client("/", b'{"QueueUrl": "http://sqs/dead"}', headers=headers).ask(step) for _ in range(2)]
        assert len({uuid.UUID(client.headers["x-amzn-requestid"]) for client in clients}) == 2

    def test_parameters_in_the_path_count_too(self) -> None:
        client = Client("/", b"Action=ListDeadLetterSourceQueues", headers=[*signed("sqs"), FORM])
        client.scope["query_string"] = b"QueueUrl=http://sqs/dead"
        assert client.ask(Bench().step).status == 200

    def test_what_is_no_request_passes(self) -> None:
        seen: list[str] = []

        async def engine(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["type"])

        client = Client()
        client.scope = {"type": "lifespan"}
        client.ask(QueueOperations(engine, Clock(), Activity()))
        assert seen == ["lifespan"]


class TestParameters:
    @pytest.mark.parametrize(
        ("operation", "name"),
        [
            ("StartMessageMoveTask", "SourceArn"),
            ("ListMessageMoveTasks", "SourceArn"),
            ("CancelMessageMoveTask", "TaskHandle"),
            ("ListDeadLetterSourceQueues", "QueueUrl"),
        ],
    )
    @pytest.mark.parametrize("body", ["", "{}", None], ids=["no body", "no parameter", "empty"])
    def test_a_parameter_that_is_required(self, operation: str, name: str, body: str | None) -> None:
        asked = json.dumps({name: ""}) if body is None else body
        client = Client("/", asked.encode(), headers=signed("sqs", target=f"AmazonSQS.{operation}")).ask(Bench().step)
        said = json.loads(client.body)
        assert code((client.status or 0, said)) == (400, "MissingParameter")
        assert said["message"] == f"The request must contain the parameter {name}."

    @pytest.mark.parametrize(
        ("operation", "asked", "message"),
        [
            (
                "StartMessageMoveTask",
                {"MaxNumberOfMessagesPerSecond": 501},
                "Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid."
                " Reason: Input should be less than or equal to 500.",
            ),
            (
                "ListDeadLetterSourceQueues",
                {"QueueUrl": "http://sqs/dead", "NextToken": -1},
                "Value -1 for parameter NextToken is invalid. Reason: Input should be greater than or equal to 0.",
            ),
            (
                "StartMessageMoveTask",
                {"SourceArn": arn("none")},
                "The resource that you specified for the SourceArn parameter doesn't exist.",
            ),
            (
                "ListMessageMoveTasks",
                {"SourceArn": arn("none")},
                "The resource that you specified for the SourceArn parameter doesn't exist.",
            ),
            (
                "StartMessageMoveTask",
                {"SourceArn": "arn:aws:sqs:eu:0:dead"},
                "The resource that you specified for the SourceArn parameter doesn't exist.",
            ),
            (
                "StartMessageMoveTask",
                {"DestinationArn": arn("none")},
                "The resource that you specified for the DestinationArn parameter doesn't exist.",
            ),
            (
                "CancelMessageMoveTask",
                {"TaskHandle": "x"},
                "The resource that you specified for the TaskHandle parameter doesn't exist.",
            ),
            (
                "StartMessageMoveTask",
                {"SourceArn": arn("other")},
                "Source queue must be configured as a Dead Letter Queue.",
            ),
            (
                "StartMessageMoveTask",
                {"DestinationArn": arn("dead")},
                "Source queue arn and destination queue arn cannot be the same.",
            ),
            (
                "StartMessageMoveTask",
                {"DestinationArn": arn("x.fifo")},
                "The source queue and destination queue must be of the same queue type.",
            ),
            ("ListDeadLetterSourceQueues", {"QueueUrl": "u"}, "The specified queue does not exist."),
        ],
    )
    def test_a_refusal_says_why(self, operation: str, asked: dict[str, Any], message: str) -> None:
        assert Bench().say(operation, **{"SourceArn": arn("dead"), **asked})[1]["message"] == message

    def test_an_empty_destination_is_none(self) -> None:
        bench = Bench()
        bench.queues.put_dead("dead", "1", "dev")
        assert bench.say("StartMessageMoveTask", SourceArn=arn("dead"), DestinationArn="")[0] == 200
        assert (bench.queues.bodies("dev"), "DestinationArn" in bench.task()) == (["1"], False)


class TestTasks:
    def test_a_handle_names_the_task_and_its_queue(self) -> None:
        handle = Bench().say("StartMessageMoveTask", SourceArn=arn("dead"))[1]["TaskHandle"]
        assert json.loads(base64.b64decode(handle)) == {"taskId": "id-1", "sourceArn": arn("dead")}

    def test_of_an_empty_queue_nothing_is_moved(self) -> None:
        bench = Bench()
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        task = bench.task()
        assert (task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (0, 0)

    def test_no_more_than_ten_are_kept(self) -> None:
        async def run() -> None:
            bench = Bench()
            tasks = MoveTasks(bench.clock, bench.activity, lambda: "id")
            sqs = bench.step._make_sqs_caller(Client(headers=signed("sqs")).scope)
            for _ in range(11):
                await tasks.start(sqs, arn("dead"), None, None)
            assert len(await tasks.list_latest(sqs, arn("dead"), 20)) == 10

        asyncio.run(run())

    @pytest.mark.parametrize("visible", [True, False], ids=["it is visible again", "it stays hidden"])
    def test_a_message_that_cannot_be_sent_fails_the_task(self, visible: bool) -> None:
        class Refusing(Queues):
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                refused = ["SendMessage", *([] if visible else ["ChangeMessageVisibility"])]
                if dict(scope["headers"])[b"x-amz-target"].decode().rpartition(".")[2] in refused:
                    await Response(b'{"__type": "AccessDenied"}', 403)(scope, receive, send)
                else:
                    await super().__call__(scope, receive, send)

        bench = Bench(Refusing(dev="dead", dead=None))
        bench.queues.put_dead("dead", "1", "dev")
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        task = bench.task()
        assert (task["Status"], task["FailureReason"], task["ApproximateNumberOfMessagesMoved"]) == (
            "FAILED",
            "AccessDenied",
            0,
        )
        assert (bench.queues.bodies("dead"), bench.queues.hidden) == (["1"], set() if visible else {"message-1"})
        asked = [json.loads(body) for body, _ in bench.queues.asked]
        shown = {"QueueUrl": "http://sqs/dead", "ReceiptHandle": "message-1", "VisibilityTimeout": 0}
        assert (shown in asked) is visible

    def test_a_message_without_attributes_has_no_source(self) -> None:
        bench = Bench()
        bench.queues.put("dead", "1")
        del bench.queues.messages["dead"][0]["Attributes"]
        bench.say("StartMessageMoveTask", SourceArn=arn("dead"))
        assert bench.task()["FailureReason"] == "CouldNotDetermineMessageSource"


@pytest.mark.parametrize(
    ("message", "copied"),
    [
        ({}, {}),
        ({"MessageAttributes": {}, "Attributes": {}}, {}),
        ({"Attributes": {"MessageGroupId": "g"}}, {"MessageGroupId": "g"}),
        ({"Attributes": {"SequenceNumber": "1"}}, {"MessageDeduplicationId": "id"}),
        (
            {"Attributes": {"AWSTraceHeader": "Root=1"}},
            {"MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}},
        ),
        ({"MessageAttributes": {"n": {"DataType": "String"}}}, {"MessageAttributes": {"n": {"DataType": "String"}}}),
    ],
)
def test_a_copy_has_what_the_message_has_and_nothing_else(message: dict[str, Any], copied: dict[str, Any]) -> None:
    assert copy_message({"MessageId": "id", "Body": "b", **message}) == {"MessageBody": "b", **copied}


class TestManyQueues:
    def test_the_sources_are_on_all_pages_of_the_queues(self) -> None:
        """SQS leaves `QueueUrls` out of a page without any."""
        pages: dict[str | None, dict[str, Any]] = {
            None: {"QueueUrls": ["a", "b"], "NextToken": "2"},
            "2": {"NextToken": "3"},
            "3": {"QueueUrls": ["c"]},
        }
        asked: list[dict[str, Any]] = []

        async def sqs(operation: str, **parameters: Any) -> Mapping[str, Any]:
            if operation == "ListQueues":
                asked.append(parameters)
                return pages.pop(parameters.get("NextToken"))  # each is asked for once
            policy = {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 1}
            return {"Attributes": {} if parameters["QueueUrl"] == "b" else {"RedrivePolicy": json.dumps(policy)}}

        assert asyncio.run(list_dead_letter_sources(sqs, arn("dead"))) == ["a", "c"]
        assert asked == [{"MaxResults": 1000}, *({"MaxResults": 1000, "NextToken": token} for token in "23")]

    def test_without_a_maximum_the_first_thousand_sources_are_listed(self) -> None:
        bench = Bench(Queues(dead=None, **{f"q{number}": "dead" for number in range(1001)}))
        _, listed = bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead")
        assert (len(listed["queueUrls"]), "NextToken" in listed) == (1000, False)
        _, rest = bench.say("ListDeadLetterSourceQueues", QueueUrl="http://sqs/dead", NextToken=1000)
        assert rest == {"queueUrls": ["http://sqs/q1000"]}

    def test_a_queue_that_goes_meanwhile_is_an_error(self) -> None:
        async def sqs(operation: str, **_: Any) -> Mapping[str, Any]:
            if operation == "ListQueues":
                return {"QueueUrls": ["a"]}
            raise Refused(AwsError("QueueDoesNotExist", "gone"))

        with pytest.raises(Refused, match="gone"):
            asyncio.run(list_dead_letter_sources(sqs, arn("dead")))
