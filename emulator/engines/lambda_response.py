"""Formats a function's outcome as a line for the engine: JSON as in Lambda, within Lambda's size limit.

Standard library only: it runs beside `lambda_bootstrap`, in a function's process.
"""

import json
from typing import Any

RESPONSE_BYTES = 6 * 1024 * 1024 + 100
"""The maximum size of a response: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""


def write_line(outcome: dict[str, Any]) -> str:
    """Return the outcome as JSON, or an error if it is too large. Raises TypeError or ValueError."""
    line = json.dumps(outcome, default=convert_decimal)
    if len(line) <= RESPONSE_BYTES:
        return line
    member = next(iter(outcome))
    size = len(json.dumps(outcome[member], default=convert_decimal, ensure_ascii=False).encode(errors="surrogatepass"))
    if size <= RESPONSE_BYTES:
        return line
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
    others = {name: value for name, value in outcome.items() if name != member}
    return json.dumps({"error": {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}, **others})


def convert_decimal(value: object) -> float:
    """Return a Decimal, such as a number of DynamoDB's, as a float, as Lambda's runtime writes it."""
    if type(value).__name__ == "Decimal":
        return float(value)  # type: ignore[arg-type]
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
