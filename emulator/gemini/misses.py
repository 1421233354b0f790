"""Handles requests without a stored reply: stores them, compares them with the nearest, and answers with an error."""

import re
from pathlib import Path
from typing import Final

from starlette.responses import JSONResponse

from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore, to_yaml
from agenticai.emulator.gemini.nearest import Nearest, find_nearest
from agenticai.emulator.http.google_errors import build_google_error

NO_STORED_REPLY: Final = "NO_STORED_REPLY"
"""The reason in the error's ErrorInfo, which distinguishes a miss from an unknown model."""

LONGEST_TITLE: Final = 100
LONGEST_NAME: Final = 40
_HEADING: Final = re.compile(r"^#+ +(Your task: .+)$", re.MULTILINE)


def store_missed_request(
    request: CanonicalRequest, store: CassetteStore, misses: Path, cassettes: Path | None = None
) -> JSONResponse:
    """Store the request as a cassette that lacks only its reply, and beside it the diff to the nearest one.

    The answer names the request and its file, and says what to do; `cassettes` is the folder of stored replies.
    """
    path, near = store_request(request, misses), find_nearest(store, request)
    diff_note = "no request is stored yet"
    if near:
        diff_note = f"{write_difference(near, path).name} has the difference to the nearest stored request"
    return answer_not_stored(
        f'No stored reply fits "{find_title(request)}", asked of {request.model}.\n'
        f"The request is kept in {path}; {diff_note}.\n"
        f"Write its reply into that file, move the file to {cassettes or 'the cassettes'}, and retry the project;"
        f" `agenticai replies {request.compute_digest()[:8]}` helps with that. Or start the engine with --live or"
        " --model, so that it asks a model."
    )


def answer_not_stored(message: str) -> JSONResponse:
    """Return the error for a reply that is not stored."""
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": NO_STORED_REPLY,
        "domain": "agenticai.emulator",
    }
    return build_google_error(404, "NOT_FOUND", message, info)


def store_request(request: CanonicalRequest, misses: Path) -> Path:
    """Write the request as a cassette whose reply is empty; return the file."""
    misses.mkdir(parents=True, exist_ok=True)
    path = misses / f"{build_file_name(request)}-{request.compute_digest()}.yaml"
    path.write_text(
        to_yaml({"origin": "authored", "request": request.to_document(), "reply": {"text": ""}}), encoding="utf-8"
    )
    return path


def write_difference(near: Nearest, request_path: Path) -> Path:
    """Write the diff to the nearest stored request beside the request; return the file."""
    path = request_path.with_suffix(".diff")
    first = f"The first difference is in {near.field}, line {near.line}.\n"
    path.write_text(f"{first}--- {near.stored.path}\n+++ {request_path}\n{near.diff}\n", encoding="utf-8")
    return path


def build_file_name(request: CanonicalRequest) -> str:
    """Return the title of a request as the beginning of a file name: letters, digits and hyphens."""
    words = re.sub("[^a-z0-9]+", "-", find_title(request).lower().removeprefix("your task: ")).strip("-")
    if len(words) > LONGEST_NAME:
        words = words[:LONGEST_NAME].rpartition("-")[0] or words[:LONGEST_NAME]
    return words or "request"


def find_title(request: CanonicalRequest) -> str:
    """Return a title from the request's text: the last heading that names a task, or else the first line."""
    texts = [content.text for content in request.contents if content.text]
    headings = [heading for text in texts for heading in _HEADING.findall(text)]
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    chosen = " ".join((headings[-1:] or lines[:1] or ["a request without text"])[0].split())
    return chosen if len(chosen) <= LONGEST_TITLE else f"{chosen[: LONGEST_TITLE - 1]}…"
