"""An error on the wire as all Google APIs give it."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


def google_error(code: int, status: str, message: str, *details: Mapping[str, Any]) -> JSONResponse:
    """Return the error, as https://cloud.google.com/apis/design/errors has it."""
    error = {"code": code, "message": message, "status": status} | ({"details": details} if details else {})
    return JSONResponse({"error": error}, status_code=code)
