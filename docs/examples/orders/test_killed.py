"""A test that stands alone: a function is killed between two of its calls."""

import json
import uuid

import pytest

from agenticai.emulator.faults.rules import Call, CallFault, Kill
from agenticai.emulator.testing import AwsClient, ControlClient, DeployedStack


@pytest.mark.skips_time
def test_killed_between_its_two_calls_it_stores_the_order_once(
    deployed_stack: DeployedStack, aws_client: AwsClient, control: ControlClient
) -> None:
    stored = Call(service="dynamodb", operation="PutItem")
    control.faults([CallFault(when=stored, then=Kill(do="kill", side="after"))])
    order = {"id": str(uuid.uuid4()), "article": "a lamp"}
    aws_client("sqs").send_message(QueueUrl=deployed_stack.resources["OrdersQueue"], MessageBody=json.dumps(order))
    settled = control.settle()  # which skips the visibility timeout
    assert [fault.rule for fault in control.fired()] == [0]
    assert 170 < settled.skipped_s < 180
    items = aws_client("dynamodb").scan(TableName=deployed_stack.resources["OrdersTable"])["Items"]
    assert [item["order_id"]["S"] for item in items].count(order["id"]) == 1
