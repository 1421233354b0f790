"""AWS errors as HTTP responses, in the protocol of the request."""

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

from agenticai.emulator.http.request import Request

# The prefix of the code in `__type`; other services' JSON errors have the code alone.
NAMESPACES = {"dynamodb": "com.amazonaws.dynamodb.v20120810#", "sqs": "com.amazonaws.sqs#"}

# SQS named some errors differently in its query protocol, and its clients still use those names: see
# https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait.
SQS_QUERY_CODES = {
    code: f"AWS.SimpleQueueService.{name}"
    for code, name in {
        "BatchEntryIdsNotDistinct": "BatchEntryIdsNotDistinct",
        "BatchRequestTooLong": "BatchRequestTooLong",
        "EmptyBatchRequest": "EmptyBatchRequest",
        "InvalidBatchEntryId": "InvalidBatchEntryId",
        "MessageNotInflight": "MessageNotInflight",
        "PurgeQueueInProgress": "PurgeQueueInProgress",
        "QueueDeletedRecently": "QueueDeletedRecently",
        "QueueDoesNotExist": "NonExistentQueue",
        "TooManyEntriesInBatchRequest": "TooManyEntriesInBatchRequest",
        "UnsupportedOperation": "UnsupportedOperation",
    }.items()
}


@dataclass(frozen=True)
class AwsError:
    """An error: AWS's error code, a message, and the HTTP status."""

    code: str
    message: str
    status: int = 400

    @property
    def at_fault(self) -> str:
        """Who caused the error, in the terms of SQS and the query protocol: Sender or Receiver."""
        return "Sender" if self.status < 500 else "Receiver"


class Refused(Exception):
    """A request is refused; `error` is the reason."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.error = error


def invalid(reason: str) -> Refused:
    """Return the error for an invalid value of a parameter."""
    return Refused(AwsError("InvalidParameterValue", reason))


def build_error_answer(error: AwsError, request: Request, service: str, request_id: str) -> Response:
    """Return a service's answer to a request that it refuses; `service` is its SigV4 name.

    The protocols are those of https://smithy.io/2.0/aws/protocols/index.html: AWS JSON has the operation in a header,
    AWS query in a form, S3 has its own errors, and all others are REST with JSON.
    """
    if service == "s3":
        return _build_s3_answer(error, request, request_id)
    if "x-amz-target" in request.headers:
        return _build_json_answer(error, request, service, request_id)
    if request.is_form or request.get_parameter("Action"):
        return _build_query_answer(error, service, request_id)
    return _build_rest_json_answer(error, request_id)


def _build_json_answer(error: AwsError, request: Request, service: str, request_id: str) -> Response:
    body: dict[str, Any] = {"__type": NAMESPACES.get(service, "") + error.code, "message": error.message}
    if error.code == "TransactionCanceledException":
        # The only cancellation reason that depends neither on stored items nor on the condition.
        reason = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
        body["CancellationReasons"] = [reason]
    headers = {"x-amzn-requestid": request_id, "x-amzn-errortype": error.code}
    if service == "sqs":
        headers["x-amzn-query-error"] = f"{SQS_QUERY_CODES.get(error.code, error.code)};{error.at_fault}"
    content_type = request.headers.get("content-type", "application/x-amz-json-1.0")
    return Response(json.dumps(body), error.status, headers, content_type)


def _build_query_answer(error: AwsError, service: str, request_id: str) -> Response:
    code = SQS_QUERY_CODES.get(error.code, error.code) if service == "sqs" else error.code
    body = (
        '<?xml version="1.0"?><ErrorResponse>'
        f"<Error><Type>{error.at_fault}</Type><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Response(body, error.status, {"x-amzn-requestid": request_id}, "text/xml")


def _build_s3_answer(error: AwsError, request: Request, request_id: str) -> Response:
    """Return an S3 error, see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; HEAD has no body."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<Resource>{escape(request.path)}</Resource><RequestId>{request_id}</RequestId></Error>"
    )
    content = "" if request.method == "HEAD" else body
    return Response(content, error.status, {"x-amz-request-id": request_id}, "application/xml")


def _build_rest_json_answer(error: AwsError, request_id: str) -> Response:
    headers = {"x-amzn-requestid": request_id, "x-amzn-errortype": error.code}
    return Response(json.dumps({"message": error.message}), error.status, headers, "application/json")
