"""Orders are stored once each and always passed on, whatever happens to the function."""

import json
import uuid
from typing import Literal

import pytest

from agenticai.emulator.faults.rules import Call, CallFault, Delivery, DeliveryFault, Duplicate, Error, Kill
from agenticai.emulator.testing import AwsClient, ControlClient, DeployedStack


class Shop:
    """The deployed stack as its customers and its warehouse see it."""

    def __init__(self, stack: DeployedStack, aws_client: AwsClient) -> None:
        self._resources = stack.resources
        self._sqs = aws_client("sqs")
        self._dynamodb = aws_client("dynamodb")

    def order(self, body: object = None, order_id: str = "") -> str:
        """Send an order, or what is none, and return the id that it has."""
        order_id = order_id or str(uuid.uuid4())
        body = body or {"id": order_id, "article": "a lamp"}
        self._sqs.send_message(QueueUrl=self._resources["OrdersQueue"], MessageBody=json.dumps(body))
        return order_id

    def stored(self, order_id: str) -> int:
        """How many items there are of an order."""
        items = self._dynamodb.scan(TableName=self._resources["OrdersTable"])["Items"]
        return sum(item["order_id"]["S"] == order_id for item in items)

    def waiting(self, queue: str) -> int:
        """How many messages wait in a queue of the template."""
        name = "ApproximateNumberOfMessages"
        answer = self._sqs.get_queue_attributes(QueueUrl=self._resources[queue], AttributeNames=[name])
        return int(answer["Attributes"][name])


@pytest.fixture
def shop(deployed_stack: DeployedStack, aws_client: AwsClient) -> Shop:
    return Shop(deployed_stack, aws_client)


def test_an_order_is_stored_and_passed_on(shop: Shop, control: ControlClient) -> None:
    order_id = shop.order()
    assert control.settle().quiet
    assert (shop.stored(order_id), shop.waiting("WarehouseQueue")) == (1, 1)
    assert [call.operation for call in control.calls()] == ["PutItem", "SendMessage"]


def test_an_order_that_is_sent_again_is_stored_once_and_passed_on_each_time(shop: Shop, control: ControlClient) -> None:
    order_id = shop.order()
    shop.order(order_id=order_id)
    assert control.settle().quiet
    assert (shop.stored(order_id), shop.waiting("WarehouseQueue")) == (1, 2)


@pytest.mark.skips_time
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_killed_anywhere_it_loses_no_order(
    shop: Shop, control: ControlClient, nth: int, side: Literal["before", "after"]
) -> None:
    control.faults([CallFault(when=Call(nth=nth), then=Kill(do="kill", side=side))])
    order_id = shop.order()
    assert control.settle().quiet
    assert control.fired()
    assert shop.stored(order_id) == 1
    assert shop.waiting("WarehouseQueue") >= 1  # SQS may say a thing twice, and so may this function
    assert shop.waiting("DeadOrdersQueue") == 0


@pytest.mark.skips_time
def test_a_throttled_table_delays_an_order_and_does_not_lose_it(shop: Shop, control: ControlClient) -> None:
    throttled = Error(do="error", code="ProvisionedThroughputExceededException")
    control.faults([CallFault(when=Call(service="dynamodb", times=20), then=throttled)])
    order_id = shop.order()
    assert control.settle().quiet
    assert shop.stored(order_id) == 1


def test_a_message_that_comes_twice_is_one_order(shop: Shop, control: ControlClient) -> None:
    control.faults([DeliveryFault(when=Delivery(on="delivery"), then=Duplicate(do="duplicate"))])
    order_id = shop.order()
    assert control.settle().deliveries == 2
    assert shop.stored(order_id) == 1


@pytest.mark.skips_time
def test_what_is_no_order_ends_among_the_dead_letters(shop: Shop, control: ControlClient) -> None:
    shop.order(body={"no": "order"})
    settled = control.settle()
    assert (settled.deliveries, shop.waiting("DeadOrdersQueue")) == (5, 1)
    assert control.clock().ahead_s >= settled.skipped_s > 4 * 175
