"""The limits of request size for each service, and the errors for larger requests."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agenticai.emulator.http.aws_errors import AwsError
from agenticai.emulator.http.request import CONTROL, GEMINI, Request

MIB: Final = 1024 * 1024

UNSIGNED: Final = "s3"
"""The service for requests without a signature."""

HEAD_BYTES: Final = 16 * 1024
"""The limit for a request line and headers; most AWS services accept 8 to 10 KiB."""

OBJECT_BYTES: Final = 256 * MIB
"""The limit for an S3 object in one request; AWS accepts 5 GB, but here each passes through memory."""

_INVOKE: Final = re.compile(r"/2015-03-31/functions/[^/]+/invocations")


@dataclass(frozen=True)
class SizeLimit:
    """The maximum size of a body in bytes, and the error for a larger one."""

    size: int
    error: Callable[[int], AwsError]


def _limit_any(size: int) -> SizeLimit:
    message = f"The request is larger than the engine's limit of {size} bytes."
    return SizeLimit(size, lambda _: AwsError("RequestEntityTooLarge", message, 413))


def _limit_object(size: int) -> SizeLimit:
    """Return the limit for an object, see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

    def error(proposed: int) -> AwsError:
        message = "Your proposed upload exceeds the maximum allowed size"
        return AwsError("EntityTooLarge", f"{message}: it has {proposed} bytes, and the engine's limit is {size}.", 400)

    return SizeLimit(size, error)


def _limit_request(operation: str, size: int) -> SizeLimit:
    """Return Lambda's limit, see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    message = f"Request must be smaller than {size} bytes for the {operation} operation"
    return SizeLimit(size, lambda _: AwsError("RequestEntityTooLargeException", message, 413))


def _limit_event(size: int) -> SizeLimit:
    def error(actual: int) -> AwsError:
        message = f"{actual} byte payload is too large for the Event invocation type (limit {size} bytes)"
        return AwsError("RequestEntityTooLargeException", message, 413)

    return SizeLimit(size, error)


ANYTHING: Final = _limit_any(16 * MIB)
CODE: Final = _limit_request("CreateFunction", 70_167_211)
INVOCATION: Final = _limit_request("InvokeFunction", 6 * MIB)
EVENT: Final = _limit_event(MIB)

# The limit for a prompt with its attachments: https://ai.google.dev/gemini-api/docs/files.
PROMPT: Final = SizeLimit(
    20 * MIB,
    lambda _: AwsError("INVALID_ARGUMENT", f"Request payload size exceeds the limit: {20 * MIB} bytes."),
)

BY_SERVICE: Final[Mapping[str, SizeLimit]] = {
    "s3": _limit_object(OBJECT_BYTES),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    "execute-api": SizeLimit(10 * MIB, lambda _: AwsError("RequestTooLong", "Request Too Long", 413)),
    "lambda": CODE,
}


def find_size_limit(request: Request) -> SizeLimit:
    """Return the size limit for bodies of the request's service."""
    if request.path.startswith(f"{CONTROL}/"):
        return ANYTHING
    if request.path.startswith(f"{GEMINI}/"):
        return PROMPT
    service = request.service
    if service == "lambda" and _INVOKE.fullmatch(request.path):
        return EVENT if request.headers.get("x-amz-invocation-type") == "Event" else INVOCATION
    return BY_SERVICE.get(service or UNSIGNED, ANYTHING)
