"""The engine's clock and its stepped dispatch, as seen by small functions."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import pytest

from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.faults.rules import Call, CallFault, Hold, Kill
from tests.integration.cloud import Cloud, eventually
from tests.integration.stepped import SERVERS, printed, stepped_cloud

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

TELLS_TIME = """
    import time
    from datetime import datetime, timezone
    def handler(event, context):
        return [time.time(), datetime.now(timezone.utc).isoformat(), time.gmtime().tm_year]
"""
CALLS_BETWEEN_PRINTS = """
    import boto3, json, time
    def handler(event, context):
        for _ in range(2):
            print(json.dumps({"at": time.time()}))
            boto3.client("sqs").list_queues()
"""
NOTHING = "def handler(event, context):\n    pass\n"


@pytest.fixture(scope="module", params=SERVERS)
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    pure_python = request.param == "pure-python"
    with stepped_cloud(tmp_path_factory.mktemp("engine"), pure_python=pure_python) as cloud:
        yield cloud


class Queue(NamedTuple):
    """A queue without a function."""

    url: str
    arn: str


def queue(cloud: Cloud, name: str) -> Queue:
    url = cloud.sqs.create_queue(QueueName=f"{name}-at-a-rate")["QueueUrl"]
    found = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return Queue(url, found["Attributes"]["QueueArn"])


def now(cloud: Cloud) -> float:
    return cloud.control.clock().now.timestamp()


class TestTime:
    def test_a_function_has_the_engines_time_cold_and_warm(self, cloud: Cloud) -> None:
        cloud.control.advance(90 * DAY)
        name = cloud.deploy(TELLS_TIME)
        for _ in ("cold", "warm"):
            cloud.control.advance(30 * DAY)
            seconds, text, year = cloud.invoke(name).payload
            assert seconds == pytest.approx(now(cloud), abs=MINUTE)
            assert datetime.fromisoformat(text).timestamp() == pytest.approx(seconds, abs=MINUTE)
            assert year == cloud.control.clock().now.year
        assert cloud.control.clock().ahead_s == 150 * DAY

    def test_a_running_function_sees_a_jump(self, cloud: Cloud) -> None:
        name = cloud.deploy(CALLS_BETWEEN_PRINTS, timeout=600)
        cloud.control.faults([CallFault(when=Call(function=name), then=Hold(do="hold"))])
        cloud.sqs.send_message(QueueUrl=cloud.connect(name, visibility_timeout_s=HOUR), MessageBody="{}")
        assert cloud.control.settle().held
        cloud.control.advance(5 * MINUTE)
        assert cloud.control.settle().quiet
        before, after = (line["at"] for line in printed(cloud, name))
        assert after - before == pytest.approx(5 * MINUTE, abs=30)

    def test_what_is_kept_for_a_time_is_over_when_that_is_skipped(self, cloud: Cloud) -> None:
        source = """
            import time
            lease_ends = 0
            def handler(event, context):
                global lease_ends
                if time.time() < lease_ends:
                    return "busy"
                lease_ends = time.time() + 3600
                return "taken"
        """
        name = cloud.deploy(source)
        assert [cloud.invoke(name).payload for _ in range(2)] == ["taken", "busy"]
        cloud.control.advance(HOUR + 1)
        assert cloud.invoke(name).payload == "taken"

    @pytest.mark.parametrize("seconds", [0, -5])
    def test_it_does_not_go_back(self, cloud: Cloud, seconds: float) -> None:
        with pytest.raises(ControlError, match="greater than 0"):
            cloud.control.advance(seconds)


class TestSkipping:
    def test_a_worker_that_overruns_its_timeout_takes_a_moment(self, cloud: Cloud) -> None:
        source = """
            import time
            def handler(event, context):
                if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
                    time.sleep(3600)
        """
        name = cloud.deploy(source, timeout=900)
        url = cloud.connect(name, visibility_timeout_s=6 * 900)
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
        settled = cloud.control.settle()
        assert (settled.quiet, settled.deliveries) == (True, 2)
        assert settled.skipped_s == pytest.approx(6 * 900, abs=30)
        first, second = cloud.finished(name)
        assert (first.error_type, second.error_type) == ("Sandbox.Timedout", None)
        assert first.duration_ms == pytest.approx(900_000, abs=30_000)
        assert cloud.depth(url) == 0

    def test_a_handler_that_sleeps_wakes_when_its_time_has_come(self, cloud: Cloud) -> None:
        source = """
            import time
            def handler(event, context):
                print([context.get_remaining_time_in_millis()])
                time.sleep(600)
                print([context.get_remaining_time_in_millis()])
        """
        name = cloud.deploy(source, timeout=900)
        cloud.sqs.send_message(QueueUrl=cloud.connect(name, visibility_timeout_s=900), MessageBody="{}")
        settled = cloud.control.settle()
        assert settled.skipped_s == pytest.approx(600, abs=30)
        (done,) = cloud.finished(name)
        assert done.error_type is None
        assert done.duration_ms == pytest.approx(600_000, abs=30_000)
        assert printed(cloud, name) == [
            [pytest.approx(900_000, abs=30_000)],
            [pytest.approx(300_000, abs=30_000)],
        ]

    def test_a_delayed_message_comes_when_it_is_due(self, cloud: Cloud) -> None:
        name = cloud.deploy(NOTHING)
        url = cloud.connect(name)
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}", DelaySeconds=900)
        with pytest.raises(ControlError, match="still busy"):
            cloud.control.settle(skip=False, timeout_s=0.2)
        assert cloud.finished(name) == []
        assert cloud.control.settle().skipped_s == pytest.approx(900, abs=30)
        assert len(cloud.finished(name)) == 1

    def test_dead_letters_that_move_at_a_rate_have_all_moved(self, cloud: Cloud) -> None:
        source, dead = queue(cloud, "source"), queue(cloud, "dead")
        policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
        cloud.sqs.set_queue_attributes(QueueUrl=source.url, Attributes={"RedrivePolicy": policy})
        for body in "0123456789":
            cloud.sqs.send_message(QueueUrl=dead.url, MessageBody=body)
        cloud.sqs.start_message_move_task(SourceArn=dead.arn, DestinationArn=source.arn, MaxNumberOfMessagesPerSecond=1)
        assert cloud.control.settle().skipped_s == pytest.approx(10, abs=5)
        assert (cloud.depth(source.url), cloud.depth(dead.url)) == (10, 0)

    def test_free_dispatch_follows_a_jump_by_itself(self, cloud: Cloud) -> None:
        name = cloud.deploy(NOTHING)
        url = cloud.connect(name)
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}", DelaySeconds=900)
        cloud.control.dispatch("free")
        try:
            cloud.control.advance(901)
            eventually(lambda: cloud.finished(name) and cloud.depth(url) == 0)
        finally:
            cloud.control.dispatch("stepped")


class TestSteps:
    def test_nothing_is_delivered_but_in_settle_and_no_more_than_asked_for(self, cloud: Cloud) -> None:
        name = cloud.deploy(NOTHING)
        url = cloud.connect(name)
        for _ in range(3):
            cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
        for left in (2, 1):
            settled = cloud.control.settle(deliveries=1)
            assert (settled.quiet, settled.deliveries, cloud.depth(url)) == (False, 1, left)
        assert cloud.control.settle(deliveries=5).deliveries == 1
        assert cloud.control.settle().deliveries == 0

    def test_the_message_that_was_visible_first_goes_first_over_all_queues(self, cloud: Cloud) -> None:
        one, two = cloud.deploy(NOTHING), cloud.deploy(NOTHING)
        urls = {name: cloud.connect(name) for name in (one, two)}
        sent = [two, one, one, two, one]
        for name in sent:
            cloud.sqs.send_message(QueueUrl=urls[name], MessageBody="{}")
        cloud.control.settle()
        assert [done.function for done in cloud.control.invocations() if done.function in urls] == sent

    def test_what_a_function_sends_is_worked_on_before_it_is_quiet(self, cloud: Cloud) -> None:
        last = cloud.deploy(NOTHING)
        source = """
            import boto3, os
            def handler(event, context):
                boto3.client("sqs").send_message(QueueUrl=os.environ["NEXT"], MessageBody="{}")
        """
        first = cloud.deploy(source, NEXT=cloud.connect(last))
        cloud.sqs.send_message(QueueUrl=cloud.connect(first), MessageBody="{}")
        assert cloud.control.settle().deliveries == 2
        assert len(cloud.finished(last)) == 1

    def test_while_a_call_is_held_something_else_can_happen(self, cloud: Cloud) -> None:
        name = cloud.deploy(CALLS_BETWEEN_PRINTS, timeout=600)
        url = cloud.connect(name, visibility_timeout_s=HOUR)
        cloud.control.faults([CallFault(when=Call(function=name, nth=2), then=Hold(do="hold"))])
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
        settled = cloud.control.settle()
        assert (settled.held, settled.quiet, cloud.finished(name)) == (True, False, [])
        other = cloud.deploy(NOTHING)
        assert cloud.invoke(other).error is None
        settled = cloud.control.settle()
        assert (settled.held, settled.quiet, len(cloud.finished(name))) == (False, True, 1)

    def test_what_a_killed_function_had_printed_is_in_its_log(self, cloud: Cloud) -> None:
        name = cloud.deploy(CALLS_BETWEEN_PRINTS)
        url = cloud.connect(name, visibility_timeout_s=HOUR)
        cloud.control.faults([CallFault(when=Call(function=name, nth=2), then=Kill(do="kill", side="before"))])
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
        cloud.control.settle(deliveries=1)
        assert len(printed(cloud, name)) == 2
        assert [done.error_type for done in cloud.finished(name)] == ["Runtime.ExitError"]
        assert cloud.depth(url) == 1
        assert cloud.control.settle().quiet
        assert len(printed(cloud, name)) == 4
        assert cloud.depth(url) == 0
