"""The engine's alarms: metrics of queues, functions and APIs, evaluated on its own clock, with their actions."""

import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from agenticai.emulator.core.bench_records import AlarmNow
from tests.integration.cloud import Cloud
from tests.integration.stepped import stepped_cloud
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

MINUTE = 60
FAILS = "def handler(event, context):\n    raise ValueError(event)\n"
HANGS = "import time\ndef handler(event, context):\n    time.sleep(10_000)\n"
MEASURES = """
    import json, time
    def handler(event, context):
        metrics = {"Namespace": "Shop", "Dimensions": [["stage"]], "Metrics": [{"Name": "Orders", "Unit": "Count"}]}
        aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metrics]}
        print(json.dumps({"_aws": aws, "stage": "dev", "Orders": [event]}))
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def cloudwatch(cloud: Cloud) -> Iterator["CloudWatchClient"]:
    client = new_session().client("cloudwatch", endpoint_url=cloud.endpoint_url)
    yield client
    client.close()


def put_alarm(
    cloudwatch: "CloudWatchClient", namespace: str, metric: str, dimensions: dict[str, str], **other: Any
) -> str:
    """Create an alarm that fires when the metric is above 0 in a minute; return its name."""
    name = f"alarm-{uuid.uuid4().hex[:8]}"
    wanted: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Statistic": "Maximum",
        "Period": MINUTE,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**{**wanted, **other})
    return name


def told(cloud: Cloud, name: str) -> AlarmNow:
    [alarm] = [each for each in cloud.control.alarms() if each.name == name]
    return alarm


def make_queue(cloud: Cloud) -> tuple[str, str]:
    name = f"q-{uuid.uuid4().hex[:8]}"
    return name, cloud.sqs.create_queue(QueueName=name)["QueueUrl"]


def test_an_alarm_on_a_queue_fires_and_clears_and_publishes_both(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    sns = new_session().client("sns", endpoint_url=cloud.endpoint_url)
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    _, inbox = make_queue(cloud)
    arn = cloud.sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    lets = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    cloud.sqs.set_queue_attributes(QueueUrl=inbox, Attributes={"Policy": json.dumps({"Statement": [lets]})})
    queue, url = make_queue(cloud)
    alarm = put_alarm(
        cloudwatch,
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": queue},
        AlarmActions=[topic],
        OKActions=[topic],
    )
    assert told(cloud, alarm).state == "INSUFFICIENT_DATA"
    cloud.control.advance(MINUTE)
    assert told(cloud, alarm).state == "OK"
    cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
    cloud.control.advance(MINUTE)
    fired = told(cloud, alarm)
    assert (fired.state, fired.fired) == ("ALARM", 1)
    assert "[1] breach: greater than the threshold (0)" in fired.reason
    [described] = cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert (described["StateValue"], described["StateReason"]) == (fired.state, fired.reason)
    assert described["StateUpdatedTimestamp"] == fired.since
    cloud.sqs.purge_queue(QueueUrl=url)
    cloud.control.advance(2 * MINUTE)
    assert told(cloud, alarm).state == "OK"
    received = cloud.sqs.receive_message(QueueUrl=inbox, MaxNumberOfMessages=10)["Messages"]
    states = [json.loads(json.loads(each["Body"])["Message"])["NewStateValue"] for each in received]
    assert states == ["OK", "ALARM", "OK"]
    history = cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert len(history) == 4


def test_the_age_of_the_oldest_message_grows_through_skipped_time(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    queue, url = make_queue(cloud)
    alarm = put_alarm(
        cloudwatch, "AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": queue}, Threshold=1800, Period=300
    )
    cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
    sent = cloud.control.clock().now
    cloud.control.advance(29 * MINUTE)
    assert told(cloud, alarm).state == "OK"
    cloud.control.advance(60 * MINUTE)
    fired = told(cloud, alarm)
    assert fired.state == "ALARM"
    assert 30 * MINUTE < (fired.since - sent).total_seconds() <= 32 * MINUTE


def test_a_skip_of_weeks_ends_in_the_right_state(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    queue, url = make_queue(cloud)
    alarm = put_alarm(cloudwatch, "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue})
    cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")  # SQS keeps it for four days
    cloud.control.advance(3 * 24 * 60 * MINUTE)
    assert told(cloud, alarm).state == "ALARM"
    cloud.control.advance(13 * 24 * 60 * MINUTE)
    cloud.control.queues()
    cloud.control.advance(2 * MINUTE)
    assert (told(cloud, alarm).state, told(cloud, alarm).fired) == ("OK", 1)


def test_errors_of_a_function_behind_a_queue(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    function = cloud.deploy(FAILS)
    alarm = put_alarm(cloudwatch, "AWS/Lambda", "Errors", {"FunctionName": function}, Statistic="Sum")
    url = cloud.connect(function)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
    cloud.control.settle(deliveries=1)
    cloud.sqs.purge_queue(QueueUrl=url)
    cloud.control.advance(MINUTE)
    assert told(cloud, alarm).state == "ALARM"


def test_a_duration_near_the_timeout(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    function = cloud.deploy(HANGS, timeout=300)
    alarm = put_alarm(cloudwatch, "AWS/Lambda", "Duration", {"FunctionName": function}, Threshold=270_000)
    cloud.sqs.send_message(QueueUrl=cloud.connect(function, 600), MessageBody="{}")
    cloud.control.settle(deliveries=1)
    cloud.control.advance(MINUTE)
    assert told(cloud, alarm).state == "ALARM"


def test_throttles_and_concurrency(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    function = cloud.deploy("def handler(event, context):\n    pass\n")
    throttled = put_alarm(cloudwatch, "AWS/Lambda", "Throttles", {"FunctionName": function}, Statistic="Sum")
    busy = put_alarm(cloudwatch, "AWS/Lambda", "ConcurrentExecutions", {})
    cloud.invoke(function)
    cloud.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(cloud.lambda_.exceptions.TooManyRequestsException):
        cloud.invoke(function)
    cloud.control.advance(MINUTE)
    assert told(cloud, throttled).state == "ALARM"
    assert told(cloud, busy).state == "ALARM"


def test_metrics_that_a_log_embeds(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    function = cloud.deploy(MEASURES)
    alarm = put_alarm(cloudwatch, "Shop", "Orders", {"stage": "dev"}, Threshold=4, Statistic="Sum")
    cloud.invoke(function, 2)
    cloud.control.advance(MINUTE)
    assert told(cloud, alarm).state == "OK"
    cloud.invoke(function, 3)
    cloud.invoke(function, 4)
    cloud.control.advance(MINUTE)
    assert told(cloud, alarm).state == "ALARM"


def test_metrics_of_ones_own(cloud: Cloud, cloudwatch: "CloudWatchClient") -> None:
    alarm = put_alarm(cloudwatch, "Own", "Depth", {}, EvaluationPeriods=3, DatapointsToAlarm=2)
    for value in (1, 0, 1):
        cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Depth", "Value": value}])
        cloud.control.advance(MINUTE)
    assert told(cloud, alarm).state == "ALARM"
