"""Errors as HTTP responses in the format of Google APIs."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


def build_google_error(code: int, status: str, message: str, *details: Mapping[str, Any]) -> JSONResponse:
    """Return an error response, see https://cloud.google.com/apis/design/errors."""
    error = {"code": code, "message": message, "status": status} | ({"details": details} if details else {})
    return JSONResponse({"error": error}, status_code=code)
