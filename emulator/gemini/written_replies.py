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
from agenticai.emulator.gemini.misses import title

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
        self._has = has

    def missed(self) -> tuple[MissedReply, ...]:
        """Return the requests without a reply, the newest first, except unreadable ones."""
        files = sorted(self._misses.glob("*.yaml"), key=_changed, reverse=True)[:MOST_LISTED]
        return tuple(told for path in files if (told := _describe(path)))

    def store(self, wanted: ReplyRequest) -> StoredReply:
        """Store a reply to one of these requests. Raises `NotStored`."""
        kept = next(self._misses.glob(f"*{wanted.digest}.yaml"), None)
        try:
            found = read_cassette(kept) if kept else None
        except InvalidCassette:
            found = None
        if kept is None or found is None:
            raise NotStored(f"No request {wanted.digest} waits for a reply.")
        if self._has(found.request):
            raise NotStored("A reply to this request has been stored meanwhile: retry the project.")
        path = self._cassettes / WRITTEN / kept.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, to_yaml(_document(found, wanted)))
        except OSError as error:
            raise NotStored(f"{path} cannot be written ({error.strerror}).") from error
        kept.unlink(missing_ok=True)
        kept.with_suffix(".diff").unlink(missing_ok=True)
        return StoredReply(path=str(path))


def _document(found: StoredCassette, wanted: ReplyRequest) -> dict[str, object]:
    counted = wanted.prompt_tokens is not None and wanted.output_tokens is not None
    usage = {"prompt_tokens": wanted.prompt_tokens, "output_tokens": wanted.output_tokens}
    reply = {"text": wanted.text, **({"usage": usage} if counted else {})}
    return {"origin": "authored", "request": found.request.document(), "reply": reply}


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
            digest=request.digest(),
            at=datetime.fromtimestamp(_changed(path), UTC),
            model=request.model,
            title=title(request),
            system=request.system,
            prompt="\n".join(content.text or "" for content in request.contents),
            response_schema=schema if isinstance(schema, dict) else None,
            difference=difference.read_text("utf-8") if difference.exists() else "",
        )
    except (InvalidCassette, OSError):
        return None  # it was answered or removed meanwhile


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
