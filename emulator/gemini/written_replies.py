"""Lists requests without a stored reply, and stores their replies: the file moves to the cassettes' folder."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agenticai.emulator.core.errors import InvalidCassette
from agenticai.emulator.core.model_records import MissedReply, ReplyRequest, StoredReply
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import StoredCassette, read_cassette, to_yaml
from agenticai.emulator.gemini.misses import find_title

WRITTEN: Final = "written"
"""The folder, below the cassettes', for replies that were sent to a running engine."""

MOST_LISTED: Final = 200


class NotStored(Exception):
    """The reply was not stored; the message is the reason."""


class WrittenReplies:
    """Lists the requests in `misses`, and stores their replies in `cassettes`.

    `has` returns whether a request has a reply by now: a duplicate would make all cassettes unusable.
    """

    def __init__(self, misses: Path, cassettes: Path, has: Callable[[CanonicalRequest], bool]) -> None:
        self._misses = misses
        self._cassettes = cassettes
        self._is_stored = has

    def list_missed(self) -> tuple[MissedReply, ...]:
        """Return the requests without a reply, the newest first, except unreadable ones."""
        files = sorted(self._misses.glob("*.yaml"), key=_read_change_time, reverse=True)[:MOST_LISTED]
        return tuple(reply for path in files if (reply := _describe(path)))

    def store(self, reply: ReplyRequest) -> StoredReply:
        """Store a reply to one of these requests. Raises `NotStored`."""
        request_path = next(self._misses.glob(f"*{reply.digest}.yaml"), None)
        try:
            cassette = read_cassette(request_path) if request_path else None
        except InvalidCassette:
            cassette = None
        if request_path is None or cassette is None:
            raise NotStored(f"No request {reply.digest} waits for a reply.")
        if self._is_stored(cassette.request):
            raise NotStored("A reply to this request has been stored meanwhile: retry the project.")
        path = self._cassettes / WRITTEN / request_path.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, to_yaml(_build_document(cassette, reply)))
        except OSError as error:
            raise NotStored(f"{path} cannot be written ({error.strerror}).") from error
        request_path.unlink(missing_ok=True)
        request_path.with_suffix(".diff").unlink(missing_ok=True)
        return StoredReply(path=str(path))


def _build_document(cassette: StoredCassette, written: ReplyRequest) -> dict[str, object]:
    has_usage = written.prompt_tokens is not None and written.output_tokens is not None
    usage = {"prompt_tokens": written.prompt_tokens, "output_tokens": written.output_tokens}
    reply = {"text": written.text, **({"usage": usage} if has_usage else {})}
    return {"origin": "authored", "request": cassette.request.to_document(), "reply": reply}


def _write_whole(path: Path, text: str) -> None:
    """Write a file atomically, so that nobody reads an incomplete one."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def _describe(path: Path) -> MissedReply | None:
    try:
        request = read_cassette(path).request
        difference = path.with_suffix(".diff")
        schema = request.config.get("response_json_schema")
        return MissedReply(
            digest=request.compute_digest(),
            at=datetime.fromtimestamp(_read_change_time(path), UTC),
            model=request.model,
            title=find_title(request),
            system=request.system,
            prompt="\n".join(content.text or "" for content in request.contents),
            response_schema=schema if isinstance(schema, dict) else None,
            difference=difference.read_text("utf-8") if difference.exists() else "",
        )
    except (InvalidCassette, OSError):
        return None  # it was answered or removed meanwhile


def _read_change_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
