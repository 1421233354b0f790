"""Stores each order once, and passes it on to the warehouse."""

import contextlib
import json
import logging
import os

import boto3

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def handler(event, context):
    """Place every order of the batch; one that fails comes back alone."""
    failed = []
    for record in event["Records"]:
        try:
            place(json.loads(record["body"]))
        except Exception:
            logging.exception("order in message %s was not placed", record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def place(order):
    """Store the order unless it is there, and pass it on: safe to be done again after a failure at any point."""
    # If it is there already, an earlier attempt stored it, and may have died before it passed it on.
    with contextlib.suppress(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(
            TableName=os.environ["TABLE_NAME"],
            Item={"order_id": {"S": order["id"]}, "article": {"S": order["article"]}},
            ConditionExpression="attribute_not_exists(order_id)",
        )
    sqs.send_message(QueueUrl=os.environ["WAREHOUSE_QUEUE_URL"], MessageBody=json.dumps({"order_id": order["id"]}))
