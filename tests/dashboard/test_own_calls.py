"""The dashboard's own AWS calls are counted, each once."""

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from agenticai.dashboard.services.own_calls import OwnCalls
from agenticai.stack.target import Target


def test_the_last_minute_is_told_beside_all() -> None:
    now = [0.0]
    calls = OwnCalls(lambda: now[0])
    calls.count()
    now[0] = 50
    calls.count()
    assert calls.read_counts() == (2, 2)
    now[0] = 70
    assert calls.read_counts() == (2, 1)


def test_each_call_of_a_targets_clients_is_counted() -> None:
    target, calls = Target.endpoint("http://127.0.0.1:1"), OwnCalls()
    calls.watch(target)
    stubber = Stubber(target.client("sqs"))
    stubber.add_response("list_queues", {})
    stubber.add_client_error("purge_queue")
    with stubber:
        target.client("sqs").list_queues()
        with pytest.raises(ClientError):
            target.client("sqs").purge_queue(QueueUrl="q")
    assert calls.read_counts()[0] == 2
    target.close()
