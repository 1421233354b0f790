"""Queues and the meter on the real engine."""

import json
from collections import Counter

import pytest

from agenticai.emulator.process import Engine
from tests.integration.cloud import Cloud, alive, eventually

PROJECT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
OTHER_PROJECT = "01BX5ZZKBKACTAV9WEVGEMMVRZ"


class TestQueues:
    """An event source mapping feeds a function, and the meter counts what AWS would bill."""

    def test_a_message_is_handled_deleted_and_metered(self, cloud: Cloud) -> None:
        source = "import boto3\ndef handler(event, context):\n    boto3.client('s3').list_buckets()\n"
        name = cloud.deploy(source)
        url = cloud.connect(name)
        cloud.sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"payload": {"project_id": PROJECT}}))
        eventually(lambda: cloud.finished(name) and cloud.depth(url) == 0)
        calls = cloud.calls(name, PROJECT)
        assert {key: row.calls for key, row in calls.items()} == {
            ("event source mapping", "sqs", "ReceiveMessage"): 1,
            ("event source mapping", "sqs", "DeleteMessage"): 1,
            ("function", "s3", "ListBuckets"): 1,
        }
        done = cloud.finished(name)[0]
        assert (done.project_id, done.error_type, done.cold_start) == (PROJECT, None, True)
        assert done.gb_seconds == pytest.approx(done.billed_ms / 1000 * 128 / 1024)
        assert done.billed_ms >= done.duration_ms + (done.init_ms or 0)

    def test_a_timeout_ends_the_environment_and_the_message_returns(self, cloud: Cloud) -> None:
        source = """
            import os, threading
            def handler(event, context):
                print(f"pid={os.getpid()}")
                if event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
                    threading.Event().wait()
        """
        name = cloud.deploy(source, timeout=3)
        url = cloud.connect(name, visibility_timeout_s=3)
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
        eventually(lambda: len(cloud.finished(name)) == 2 and cloud.depth(url) == 0)
        assert [done.error_type for done in cloud.finished(name)] == ["Sandbox.Timedout", None]
        events = cloud.logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        first, second = (int(e["message"].removeprefix("pid=")) for e in events if e["message"].startswith("pid="))
        assert first != second
        assert not alive(first)

    def test_a_failed_message_is_received_but_not_deleted(self, cloud: Cloud) -> None:
        name = cloud.deploy("def handler(event, context):\n    raise RuntimeError\n")
        url = cloud.connect(name)
        cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
        eventually(lambda: cloud.finished(name))
        assert cloud.depth(url) == 1
        assert set(cloud.calls(name)) == {("event source mapping", "sqs", "ReceiveMessage")}


class TestMeter:
    def test_calls_of_a_create_request_belong_to_the_project_it_makes(self, cloud: Cloud) -> None:
        source = f"""
            import boto3, json
            def handler(event, context):
                boto3.client("ssm").describe_parameters()
                return {{"statusCode": 201, "body": json.dumps({{"project_id": "{OTHER_PROJECT}"}})}}
        """
        name = cloud.deploy(source)
        cloud.invoke(name, {"path": "/api/projects"})
        assert set(cloud.calls(name, OTHER_PROJECT)) == {("function", "ssm", "DescribeParameters")}
        assert [row.invocations for row in cloud.control.usage(OTHER_PROJECT).functions if row.function == name] == [1]

    def test_a_clients_errors_are_counted_by_code(self, cloud: Cloud) -> None:
        def errors() -> Counter[str]:
            rows = cloud.control.usage().calls
            own = [row for row in rows if (row.caller, row.function, row.operation) == ("client", None, "GetQueueUrl")]
            return sum((Counter(row.errors) for row in own), Counter())

        before = errors()
        with pytest.raises(cloud.sqs.exceptions.QueueDoesNotExist):
            cloud.sqs.get_queue_url(QueueName="no-such-queue")
        assert errors() - before == {"QueueDoesNotExist": 1}

    def test_health(self, cloud: Cloud, engine: Engine) -> None:
        assert cloud.control.health().pid == engine.pid
