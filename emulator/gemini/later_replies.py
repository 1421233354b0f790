"""Finds replies that were stored while the engine runs: for a miss, the cassettes' folder is read again."""

import asyncio
import contextlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from agenticai.emulator.core.errors import InvalidCassette
from agenticai.emulator.gemini.answers import replay
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.gemini.misses import answer_not_stored, store_missed_request


class LaterReplies:
    """Answers requests without a reply at start; reads the folder again if a file in it has changed."""

    def __init__(self, folder: Path, store: CassetteStore, misses: Path) -> None:
        self._folder = folder
        self._store = store
        self._misses = misses
        self._known_files: set[tuple[Path, int, int]] = set()

    async def __call__(self, _: Request, request: CanonicalRequest) -> Response:
        """Return the reply if it exists by now, or an error that says what to do."""
        # In a thread, as reading and comparing all cassettes takes a while and would block the event loop.
        return await asyncio.to_thread(self._answer, request)

    def has(self, request: CanonicalRequest) -> bool:
        """Return whether a reply exists by now."""
        with contextlib.suppress(InvalidCassette):
            self._reload()
        return self._store.find(request) is not None

    def _answer(self, request: CanonicalRequest) -> Response:
        try:
            self._reload()
        except InvalidCassette as error:
            return answer_not_stored(f"A file of stored replies cannot be read, so no stored reply is used.\n{error}")
        if found := self._store.find(request):
            return replay(request, found)
        return store_missed_request(request, self._store, self._misses, self._folder)

    def _reload(self) -> None:
        files = ((path, path.stat()) for path in self._folder.rglob("*.yaml"))
        now = {(path, stat.st_mtime_ns, stat.st_size) for path, stat in files}
        if now != self._known_files:
            self._store, self._known_files = CassetteStore.load(self._folder), now
