"""AWS's errors over HTTP, parsed as boto3 does."""

import json
from typing import Any

import pytest
from botocore.model import StructureShape
from botocore.parsers import create_parser

from agenticai.emulator.http.aws_errors import AwsError, build_error_answer
from agenticai.emulator.http.request import Request

NO_OUTPUT = StructureShape("Output", {"type": "structure", "members": {}})
JSON_1_0 = {"x-amz-target": "Any.Operation", "content-type": "application/x-amz-json-1.0"}
JSON_1_1 = {"x-amz-target": "Any.Operation", "content-type": "application/x-amz-json-1.1"}
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def as_boto3_reads(service: str, protocol: str, error: AwsError, headers: dict[str, str]) -> dict[str, Any]:
    """Return the parsed answer, with the error under `Error`."""
    request = Request("POST", "/", "", headers)
    answer = build_error_answer(error, request, service, "request-1")
    received = {"body": bytes(answer.body), "headers": dict(answer.headers), "status_code": answer.status_code}
    parsed: dict[str, Any] = create_parser(protocol).parse(received, NO_OUTPUT)
    return parsed


@pytest.mark.parametrize(
    ("service", "protocol", "headers"),
    [
        ("dynamodb", "json", JSON_1_0),
        ("ssm", "json", JSON_1_1),
        ("sqs", "query", FORM),
        ("sts", "query", FORM),
        ("sns", "query", FORM),
        ("s3", "rest-xml", {}),
        ("lambda", "rest-json", {}),
    ],
)
def test_every_protocol_carries_code_message_and_status(service: str, protocol: str, headers: dict[str, str]) -> None:
    error = AwsError("SlowDown", "Please reduce your <request> rate.", 503)
    parsed = as_boto3_reads(service, protocol, error, headers)
    assert parsed["Error"]["Code"] == "SlowDown"
    assert parsed["Error"]["Message"] == "Please reduce your <request> rate."
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert parsed["ResponseMetadata"]["RequestId"] == "request-1"


def test_sqs_tells_the_name_that_its_query_clients_know() -> None:
    error = AwsError("QueueDoesNotExist", "Gone.")
    of_json = build_error_answer(error, Request("POST", "/", "", JSON_1_0), "sqs", "request-1")
    assert of_json.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert as_boto3_reads("sqs", "query", error, FORM)["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_cancelled_transaction_says_why() -> None:
    error = AwsError("TransactionCanceledException", "Cancelled.")
    answer = build_error_answer(error, Request("POST", "/", "", JSON_1_0), "dynamodb", "request-1")
    assert [reason["Code"] for reason in json.loads(bytes(answer.body))["CancellationReasons"]] == [
        "TransactionConflict"
    ]


def test_a_head_has_no_body() -> None:
    answer = build_error_answer(AwsError("SlowDown", "No.", 503), Request("HEAD", "/b/k", "", {}), "s3", "request-1")
    assert (answer.status_code, answer.body) == (503, b"")
